"""Measure at which scale a model of another experiment sees the animals of the labelled frames."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.inference.engines import ModelFiles
from marey.inference.scale_frames import scale_frames

scale_frames(
    Path(snakemake.input.dataset),
    ModelFiles(*map(Path, snakemake.input.model), None),
    Path(snakemake.output[0]),
    config=snakemake.params.config,
    provenance=provenance,
)
