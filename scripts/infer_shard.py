"""Find keypoints in one frame range of one video."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.inference.engines import model_files
from marey.inference.infer_shard import infer_shard

config = snakemake.params.config
infer_shard(
    Path(snakemake.input.video),
    Path(snakemake.input.probe),
    Path(snakemake.input.frames),
    model_files(snakemake.input.networks, "models"),
    *map(Path, snakemake.output),
    locators=model_files(snakemake.input.networks, "locators"),
    scales_path=next(map(Path, snakemake.input.scale), None),
    video=snakemake.wildcards.video,
    start=int(snakemake.wildcards.start),
    stop=int(snakemake.wildcards.stop),
    crop=config["crop"],
    config=config,
    provenance=provenance,
)
