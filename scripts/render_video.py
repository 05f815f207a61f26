"""Render a labelled clip of one video."""

from marey import runtime

runtime.start(snakemake)

from marey.experiment.skeletons import Skeleton
from marey.views.render_video import render_video

config = snakemake.params.config
render_video(
    snakemake.input.video,
    snakemake.input.frames,
    snakemake.input.smoothed,
    snakemake.output[0],
    skeleton=Skeleton.from_config(config),
    config=config["render"],
)
