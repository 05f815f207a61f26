"""Find the candidates of every labelled frame."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.engines import Model
from marey.prediction import detect_frames

inputs = snakemake.input
members = zip(inputs.weights, inputs.facts, inputs.twins, inputs.quantised, strict=True)
detect_frames(
    Path(inputs.dataset),
    [Model(*map(Path, paths)) for paths in members],
    Path(snakemake.output.detections),
    Path(snakemake.output.affinities),
    **snakemake.params.config["infer"],
    provenance=provenance,
)
