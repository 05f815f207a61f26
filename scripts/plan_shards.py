"""Cut all videos into shards."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.shards import plan_shards

plan_shards(
    [Path(path) for path in snakemake.input.probes],
    [Path(path) for path in snakemake.input.frames],
    Path(snakemake.output[0]),
    ranges=snakemake.params.ranges,
    config=snakemake.params.config["infer"],
    provenance=provenance,
)
