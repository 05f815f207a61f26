"""Write the labels in the format of another tool, with their images."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.experiment.skeletons import Skeleton
from marey.exports.export_labels import export_labels

config = snakemake.params.config
skeleton = Skeleton.from_config(config)
export_labels(
    Path(snakemake.input.dataset),
    Path(snakemake.output[0]),
    format_name=snakemake.wildcards.format,
    skeleton=(skeleton.keypoints, skeleton.edges, skeleton.pairs),
    unique=config["animals"].get("unique", []),
    provenance=provenance,
)
