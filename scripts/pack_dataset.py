"""Pack the labelled frames: images beside their points."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.labels.pack_dataset import pack_dataset

config = snakemake.params.config
pack_dataset(
    Path(snakemake.input.labels),
    Path(snakemake.input.images),
    Path(snakemake.output[0]),
    data=Path(config["data"]),
    videos={
        Path(frames).parent.name: (Path(video), Path(frames))
        for video, frames in zip(snakemake.input.videos, snakemake.input.frames, strict=True)
    },
    keypoints=config["keypoints"],
    animals=config["animals"],
    provenance=provenance,
)
