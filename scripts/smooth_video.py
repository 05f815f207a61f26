"""Filter the tracks of a video in time."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.tracking.smooth_video import smooth_video

smooth_video(
    Path(snakemake.input.tracks),
    Path(snakemake.output[0]),
    config=snakemake.params.config["smooth"],
    provenance=provenance,
)
