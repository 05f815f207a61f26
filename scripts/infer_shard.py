"""Find keypoints in one frame range of one video."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.analysis import infer_shard
from marey.engines import Model
from marey.inference import batched

config = snakemake.params.config
infer_shard(
    Path(snakemake.input.video),
    Path(snakemake.input.probe),
    Path(snakemake.input.frames),
    [
        Model(*map(Path, paths))
        for paths in zip(
            snakemake.input.weights,
            snakemake.input.facts,
            snakemake.input.twins,
            snakemake.input.quantised,
            strict=True,
        )
    ],
    *map(Path, snakemake.output),
    locators=[Model(*map(Path, paths)) for paths in batched(snakemake.input.locators, 4)],
    video=snakemake.wildcards.video,
    start=int(snakemake.wildcards.start),
    stop=int(snakemake.wildcards.stop),
    crop=config["crop"],
    config=config,
    provenance=provenance,
)
