"""Draw and count the confidences of one video."""

from marey import runtime

provenance = runtime.start(snakemake)

from marey.plots.confidence import plot_confidence
from marey.skeletons import Skeleton

plot_confidence(
    snakemake.input.tracks,
    snakemake.input.smoothed,
    snakemake.output.figure,
    snakemake.output.quality,
    skeleton=Skeleton.from_config(snakemake.params.config),
    cut=snakemake.params.config["smooth"]["min_confidence"],
    provenance=provenance,
)
