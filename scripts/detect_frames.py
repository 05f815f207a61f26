"""Find the candidates of every labelled frame."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.detection import detect_frames
from marey.engines import Model
from marey.inference import batched

inputs = snakemake.input
members = zip(inputs.weights, inputs.facts, inputs.twins, inputs.quantised, strict=True)
detect_frames(
    Path(inputs.dataset),
    [Model(*map(Path, paths)) for paths in members],
    [Model(*map(Path, paths)) for paths in batched(inputs.locators, 4)],
    *map(Path, snakemake.output),
    **snakemake.params.config["infer"],
    provenance=provenance,
)
