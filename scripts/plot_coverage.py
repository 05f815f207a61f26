"""Draw how much of a session has poses in space, and how far its cameras agree."""

from marey import runtime

runtime.start(snakemake)

from marey.experiment.skeletons import Skeleton
from marey.views.plots.plot_coverage import plot_coverage

plot_coverage(
    snakemake.input.metrics,
    snakemake.input.poses,
    snakemake.output[0],
    session=snakemake.wildcards.session,
    skeleton=Skeleton.from_config(snakemake.params.config),
)
