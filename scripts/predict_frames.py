"""Let a model predict every labelled frame."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.inference.engines import ModelFiles
from marey.inference.predict_frames import predict_frames

inputs = snakemake.input
predict_frames(
    Path(inputs.dataset),
    Path(inputs.splits),
    ModelFiles(
        *map(Path, (inputs.weights, inputs.metadata, inputs.onnx_copy)), next(map(Path, inputs.quantised), None)
    ),
    Path(snakemake.output[0]),
    fold=int(snakemake.wildcards.fold),
    **snakemake.params.config["infer"],
    scales_path=next(map(Path, inputs.scales), None),
    provenance=provenance,
)
