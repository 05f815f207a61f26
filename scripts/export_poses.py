"""Write the poses of a video in the format of another tool."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.experiment.skeletons import Skeleton
from marey.exports.export_poses import export_poses

config = snakemake.params.config
skeleton = Skeleton.from_config(config)
export_poses(
    Path(snakemake.input.poses),
    Path(snakemake.input.probe),
    Path(snakemake.input.frames),
    Path(snakemake.output[0]),
    format_name=snakemake.wildcards.format,
    skeleton=(skeleton.keypoints, skeleton.edges, skeleton.pairs),
    config=config["export"],
    provenance=provenance,
)
