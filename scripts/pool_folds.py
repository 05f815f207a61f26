"""Pool the test frames of all folds of a cross-validation."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.evaluation.pool_folds import pool_folds

pool_folds([Path(path) for path in snakemake.input], Path(snakemake.output[0]), provenance=provenance)
