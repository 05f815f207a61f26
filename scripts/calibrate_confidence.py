"""Fit what the confidence and the spread of a fold's models mean."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.evaluation.calibrate_confidence import calibrate_confidence

calibrate_confidence(
    [Path(path) for path in snakemake.input.predictions],
    Path(snakemake.input.metadata[0]),
    Path(snakemake.output[0]),
    config=snakemake.params.config,
    provenance=provenance,
)
