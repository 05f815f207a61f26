"""Find where the labels of a session should be by what all other cameras see."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.evaluation.reproject_labels import reproject_labels

config = snakemake.params.config
camera_of = {video: camera for camera, video in config["views"].items()}
cameras = [camera_of[Path(path).stem] for path in snakemake.input.tracks]
reproject_labels(
    snakemake.input.cameras,
    dict(zip(cameras, snakemake.input.tracks, strict=True)),
    dict(zip(cameras, snakemake.input.frames, strict=True)),
    snakemake.input.points,
    snakemake.input.get("labels") or None,
    snakemake.input.get("samples") or None,
    snakemake.output[0],
    views=config["views"],
    config={**config, **config["triangulate"]},
    matches=snakemake.input.matches or None,
    provenance=provenance,
)
