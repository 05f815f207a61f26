"""Measure how good the poses of a session in space are."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.multiview.evaluate_session import evaluate_session

config = snakemake.params.config
camera_of = {video: camera for camera, video in config["views"].items()}
cameras = [camera_of[Path(path).stem] for path in snakemake.input.tracks]
evaluate_session(
    snakemake.input.cameras,
    dict(zip(cameras, snakemake.input.tracks, strict=True)),
    dict(zip(cameras, snakemake.input.frames, strict=True)),
    snakemake.input.points,
    snakemake.input.poses,
    snakemake.output[0],
    config={**config, **config["triangulate"]},
    matches=snakemake.input.matches or None,
    provenance=provenance,
)
