"""Let a model predict every labelled frame."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.inference import predict_frames

predict_frames(
    Path(snakemake.input.dataset),
    Path(snakemake.input.splits),
    (Path(snakemake.input.weights), Path(snakemake.input.facts)),
    Path(snakemake.output[0]),
    fold=int(snakemake.wildcards.fold),
    provenance=provenance,
)
