"""Write the poses of a session in space in the format of another tool."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.experiment.skeletons import Skeleton
from marey.exports.export_session import export_session

config = snakemake.params.config
skeleton = Skeleton.from_config(config)
export_session(
    Path(snakemake.input.poses),
    Path(snakemake.input.cameras),
    Path(snakemake.output[0]),
    session=snakemake.wildcards.session,
    format_name=snakemake.wildcards.format,
    skeleton=(skeleton.keypoints, skeleton.edges, skeleton.pairs),
    config=config["export"],
    provenance=provenance,
)
