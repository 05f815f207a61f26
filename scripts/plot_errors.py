"""Draw the errors of one fold's models by keypoint."""

from marey import runtime

runtime.start(snakemake)

from marey.experiment.skeletons import Skeleton
from marey.views.plots.plot_errors import plot_errors

plot_errors(
    snakemake.input.metrics,
    snakemake.input.predictions,
    snakemake.output[0],
    skeleton=Skeleton.from_config(snakemake.params.config),
)
