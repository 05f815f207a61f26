"""Join the shards of a video to poses, each frame exactly once."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.assembly import assemble_video

config = snakemake.params.config
assemble_video(
    [Path(path) for path in snakemake.input.shards],
    Path(snakemake.input.frames),
    Path(snakemake.input.calibration),
    Path(snakemake.output[0]),
    keypoints=config["keypoints"],
    frames=config["frames"],
    provenance=provenance,
)
