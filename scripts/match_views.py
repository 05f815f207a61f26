"""Match the animals in the views of a session."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.multiview.match_views import match_views

config = snakemake.params.config
camera_of = {video: camera for camera, video in config["views"].items()}
cameras = [camera_of[Path(path).stem] for path in snakemake.input.tracks]
match_views(
    snakemake.input.cameras,
    dict(zip(cameras, snakemake.input.tracks, strict=True)),
    dict(zip(cameras, snakemake.input.frames, strict=True)),
    snakemake.output[0],
    config={**config, **config["triangulate"], **config["animals"]},
    provenance=provenance,
)
