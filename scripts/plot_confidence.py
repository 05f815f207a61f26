"""Draw the confidences of one video."""

from marey import runtime

runtime.start(snakemake)

from marey.experiment.skeletons import Skeleton
from marey.views.plots.plot_confidence import plot_confidence

plot_confidence(
    snakemake.input.tracks,
    snakemake.input.smoothed,
    snakemake.output[0],
    skeleton=Skeleton.from_config(snakemake.params.config),
    cut=snakemake.params.config["smooth"]["min_confidence"],
)
