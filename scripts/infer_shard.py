"""Find keypoints in one frame range of one video."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.inference import infer_shard

config = snakemake.params.config
infer_shard(
    Path(snakemake.input.video),
    Path(snakemake.input.frames),
    (Path(snakemake.input.weights), Path(snakemake.input.facts)),
    Path(snakemake.output[0]),
    video=snakemake.wildcards.video,
    start=int(snakemake.wildcards.start),
    stop=int(snakemake.wildcards.stop),
    crop=config["crop"],
    batch_size=config["infer"]["batch_size"],
    provenance=provenance,
)
