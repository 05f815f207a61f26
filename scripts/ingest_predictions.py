"""Bring another tool's predictions of a video into the table `poses`."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.labels.ingest_predictions import ingest_predictions

config = snakemake.params.config
ingest_predictions(
    config["source"],
    Path(snakemake.input.probe),
    Path(snakemake.input.frames),
    Path(snakemake.output[0]),
    data=Path(config["data"]),
    video=snakemake.wildcards.video,
    keypoints=config["keypoints"],
    single=config["animals"]["method"] == "single",
    frames=config["frames"],
    provenance=provenance,
)
