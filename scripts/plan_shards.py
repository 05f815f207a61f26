"""Cut all videos into shards."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.videos.plan_shards import plan_shards

config = snakemake.params.config
plan_shards(
    [Path(path) for path in snakemake.input.probes],
    [Path(path) for path in snakemake.input.frames],
    Path(snakemake.output[0]),
    ranges=config["frames"],
    config=config["infer"],
    provenance=provenance,
)
