"""Draw the trajectories of one video."""

from marey import runtime

runtime.start(snakemake)

from marey.plots.trajectories import plot_trajectories
from marey.skeletons import Skeleton

plot_trajectories(
    snakemake.input.smoothed,
    snakemake.output[0],
    skeleton=Skeleton.from_config(snakemake.params.config),
)
