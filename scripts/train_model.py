"""Train one model: one fold, one seed."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.training import train_model

train_model(
    Path(snakemake.input.dataset),
    Path(snakemake.input.splits),
    (Path(snakemake.output.weights), Path(snakemake.output.facts)),
    Path(snakemake.output.history),
    fold=int(snakemake.wildcards.fold),
    seed=int(snakemake.wildcards.seed),
    config=snakemake.params.config,
    provenance=provenance,
)
