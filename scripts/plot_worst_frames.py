"""Draw the test frames that the models of one fold do worst on."""

from marey import runtime

runtime.start(snakemake)

from marey.experiment.skeletons import Skeleton
from marey.views.plots.plot_worst_frames import plot_worst_frames

plot_worst_frames(
    snakemake.input.dataset,
    snakemake.input.predictions,
    snakemake.output[0],
    skeleton=Skeleton.from_config(snakemake.params.config),
)
