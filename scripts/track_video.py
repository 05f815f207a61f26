"""Give the poses of a video their individuals."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.tracking.track_video import track_video

track_video(
    Path(snakemake.input.poses),
    Path(snakemake.input.frames),
    Path(snakemake.output.tracks),
    Path(snakemake.output.review),
    Path(snakemake.output.tracked),
    next(map(Path, snakemake.input.metadata), None),
    next(map(Path, snakemake.input.appearances), None),
    next(map(Path, snakemake.input.embeddings), None),
    config=snakemake.params.config,
    provenance=provenance,
)
