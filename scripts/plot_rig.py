"""Draw the cameras of a session, and where its animals go."""

from marey import runtime

runtime.start(snakemake)

from marey.experiment.skeletons import Skeleton
from marey.views.plots.plot_rig import plot_rig

plot_rig(
    snakemake.input.cameras,
    snakemake.input.poses,
    snakemake.output[0],
    session=snakemake.wildcards.session,
    skeleton=Skeleton.from_config(snakemake.params.config),
)
