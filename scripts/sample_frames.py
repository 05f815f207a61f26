"""Choose frames that are worth labelling, over all videos together."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.labelling.sample_frames import sample_frames
from marey.tables import files
from marey.tables.labels import LABELS
from marey.videos.ranges import frame_range

config = snakemake.params.config
sample_frames(
    [
        {
            "video": (name := Path(probe).parent.name),
            "path": path,
            "probe": probe,
            "frames": frames,
            "range": frame_range(config["frames"].get(name)),
        }
        for path, probe, frames in zip(
            snakemake.input.videos, snakemake.input.probes, snakemake.input.frames, strict=True
        )
    ],
    files.read(snakemake.input.labels, LABELS) if snakemake.input.labels else None,
    Path(snakemake.output[0]),
    config=config["sample"],
    seed=config["seed"],
    provenance=provenance,
)
