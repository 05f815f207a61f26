"""Rank the frames of all videos by how much they need a label, and choose the next ones."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.labelling.find_outliers import find_outliers
from marey.tables import files
from marey.tables.labels import LABELS
from marey.tables.splits import SPLITS
from marey.videos.ranges import frame_range

config, given = snakemake.params.config, snakemake.input
find_outliers(
    [
        {
            "video": (name := Path(probe).parent.name),
            "path": path,
            "probe": probe,
            "frames": frames,
            "poses": poses,
            "range": frame_range(config["frames"].get(name)),
        }
        for path, probe, frames, poses in zip(given.videos, given.probes, given.frames, given.poses, strict=True)
    ],
    files.read(given.labels, LABELS, ["video", "frame"]) if given.labels else None,
    files.read(given.splits, SPLITS) if given.splits else None,
    [Path(path) for path in snakemake.output],
    config=config,
    provenance=provenance,
)
