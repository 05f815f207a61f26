"""Join the shards of a video to poses, each frame exactly once."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.assembly import assemble_video

inputs, config = snakemake.input, snakemake.params.config
assemble_video(
    [Path(path) for path in inputs.shards],
    Path(inputs.frames),
    Path(inputs.calibration),
    Path(snakemake.output[0]),
    [Path(path) for path in inputs.affinities],
    *map(Path, (*inputs.facts, *inputs.graph)),
    keypoints=config["keypoints"],
    frames=config["frames"],
    config=config["assemble"],
    provenance=provenance,
)
