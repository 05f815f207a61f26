"""Write the ONNX copy of one model."""

from marey import runtime

runtime.start(snakemake)

from pathlib import Path

from marey.models.export_model import export_model

export_model((Path(snakemake.input.weights), Path(snakemake.input.metadata)), Path(snakemake.output[0]))
