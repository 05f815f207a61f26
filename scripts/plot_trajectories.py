"""Draw the trajectories of one video."""

from marey import runtime

runtime.start(snakemake)

from marey.plots.trajectories import plot_trajectories
from marey.skeletons import Skeleton
from marey.tables import files, frames
from marey.videos import first_picture

plot_trajectories(
    snakemake.input.smoothed,
    snakemake.output[0],
    skeleton=Skeleton.from_config(snakemake.params.config),
    background=first_picture(snakemake.input.video, files.read(snakemake.input.frames, frames.SCHEMA)),
)
