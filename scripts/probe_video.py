"""Probe one video: one decode pass for counts, times, key frames, faults and thumbnails."""

from marey import runtime

provenance = runtime.start(snakemake)

from marey.videos.probe_video import probe_video

config = snakemake.params.config
probe_video(
    snakemake.input.video,
    snakemake.output.probe,
    snakemake.output.frames,
    video=snakemake.wildcards.video,
    relative=config["path"],
    config=config["probe"],
    provenance=provenance,
)
