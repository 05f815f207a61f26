"""Compute the metrics of the models of one fold together."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.evaluation.evaluate_model import evaluate_model

config = snakemake.params.config
evaluate_model(
    Path(snakemake.input.predictions),
    Path(snakemake.output[0]),
    config=config["evaluate"],
    seed=config["seed"],
    provenance=provenance,
)
