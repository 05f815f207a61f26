"""Bring labels of any format into one table."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.labels.ingest_labels import ingest_labels

config = snakemake.params.config
ingest_labels(
    config["labels"]["sources"],
    Path(snakemake.output.labels),
    Path(snakemake.output.dropped),
    Path(snakemake.output.images),
    Path(snakemake.output.disagreements),
    data=Path(config["data"]),
    keypoints=tuple(config["keypoints"]),
    probes=snakemake.input.probes,
    on_error=config["labels"]["on_error"],
    empty=config["labels"]["empty"],
    left_out=config["left_out"],
    films={
        Path(frames).parent.name: (Path(video), Path(frames))
        for video, frames in zip(snakemake.input.videos, snakemake.input.frames, strict=True)
    },
    provenance=provenance,
)
