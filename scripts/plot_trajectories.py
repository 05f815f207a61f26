"""Draw the trajectories of one video."""

from marey import runtime

runtime.start(snakemake)

from marey.experiment.skeletons import Skeleton
from marey.tables import files
from marey.tables.frames import FRAMES
from marey.videos.reading import read_first_frame
from marey.views.plots.plot_trajectories import plot_trajectories

plot_trajectories(
    snakemake.input.smoothed,
    snakemake.output[0],
    skeleton=Skeleton.from_config(snakemake.params.config),
    background=read_first_frame(snakemake.input.video, files.read(snakemake.input.frames, FRAMES)),
)
