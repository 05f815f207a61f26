"""Draw the lengths of limbs in a session over time."""

from marey import runtime

runtime.start(snakemake)

from marey.experiment.skeletons import Skeleton
from marey.views.plots.plot_limbs import plot_limbs

plot_limbs(
    snakemake.input.cameras,
    snakemake.input.poses,
    snakemake.output[0],
    session=snakemake.wildcards.session,
    skeleton=Skeleton.from_config(snakemake.params.config),
)
