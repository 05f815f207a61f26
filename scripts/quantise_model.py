"""Write the 8-bit ONNX copy of one model."""

from marey import runtime

runtime.start(snakemake)

from pathlib import Path

from marey.models.quantise_model import quantise_model

inputs = snakemake.input
quantise_model(
    (Path(inputs.weights), Path(inputs.metadata)),
    Path(inputs.onnx_copy),
    Path(inputs.dataset),
    Path(inputs.splits),
    Path(snakemake.output[0]),
    fold=int(snakemake.wildcards.fold),
)
