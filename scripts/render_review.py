"""Render a clip of the moments of one video in which animals may have been exchanged."""

from marey import runtime

runtime.start(snakemake)

from marey.experiment.skeletons import Skeleton
from marey.views.render_review import render_review

config = snakemake.params.config
render_review(
    snakemake.input.video,
    snakemake.input.frames,
    snakemake.input.smoothed,
    snakemake.input.review,
    snakemake.output[0],
    skeleton=Skeleton.from_config(config),
    config=config["render"],
)
