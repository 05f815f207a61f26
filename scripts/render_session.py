"""Render a clip of a session: its poses in space, beside what its cameras see."""

from marey import runtime

runtime.start(snakemake)

from pathlib import Path

from marey.experiment.skeletons import Skeleton
from marey.views.render_session import render_session

config = snakemake.params.config
camera_of = {video: camera for camera, video in config["views"].items()}
cameras = [camera_of[Path(path).parent.name] for path in snakemake.input.frames]
render_session(
    dict(zip(cameras, snakemake.input.videos, strict=True)),
    dict(zip(cameras, snakemake.input.frames, strict=True)),
    snakemake.input.cameras,
    snakemake.input.poses,
    snakemake.output[0],
    skeleton=Skeleton.from_config(config),
    config={**config["render"], "offsets": config["offsets"]},
)
