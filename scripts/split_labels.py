"""Split the labelled frames into train, validation and test."""

from marey import runtime

provenance = runtime.start(snakemake)

from marey.labels.split_labels import split_labels

config = snakemake.params.config
split_labels(
    snakemake.input.labels,
    snakemake.output[0],
    config=config["split"],
    subjects=config["subjects"],
    seed=config["seed"],
    provenance=provenance,
)
