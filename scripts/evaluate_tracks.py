"""Compute the metrics of a video's tracks against the labels of its own frames."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.evaluation.evaluate_tracks import evaluate_tracks

config = snakemake.params.config
evaluate_tracks(
    Path(snakemake.input.tracks),
    Path(snakemake.input.labels),
    Path(snakemake.output[0]),
    video=snakemake.wildcards.video,
    frames=config["frames"],
    unique=config["animals"].get("unique", []),
    provenance=provenance,
)
