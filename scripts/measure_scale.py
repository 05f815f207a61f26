"""Measure at which scale a model of another experiment sees the animals of a video."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.inference.engines import model_files
from marey.inference.measure_scale import VideoFiles, measure_scale

measure_scale(
    VideoFiles(Path(snakemake.input.video), Path(snakemake.input.probe), Path(snakemake.input.frames)),
    model_files(snakemake.input.networks, "models")[0],
    Path(snakemake.output[0]),
    video=snakemake.wildcards.video,
    config=snakemake.params.config,
    provenance=provenance,
)
