"""Make one table of what the models of a fold say of the labelled frames."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.evaluation.pool_predictions import pool_predictions

pool_predictions(
    [Path(path) for path in snakemake.input.predictions],
    Path(snakemake.input.metadata[0]),
    Path(snakemake.input.curves),
    Path(snakemake.output[0]),
    scales_path=next(map(Path, snakemake.input.scales), None),
    provenance=provenance,
)
