"""Draw the errors of one fold's models by keypoint."""

from marey import runtime

runtime.start(snakemake)

from marey.plots.errors import plot_errors
from marey.skeletons import Skeleton

plot_errors(
    snakemake.input.metrics,
    snakemake.input.predictions,
    snakemake.output[0],
    skeleton=Skeleton.from_config(snakemake.params.config),
)
