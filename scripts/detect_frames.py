"""Find the candidates of every labelled frame."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.inference.detect_frames import detect_frames
from marey.inference.engines import model_files

inputs = snakemake.input
detect_frames(
    Path(inputs.dataset),
    model_files(inputs.networks, "models"),
    model_files(inputs.networks, "locators"),
    *map(Path, snakemake.output),
    **snakemake.params.config["infer"],
    scales_path=next(map(Path, inputs.scales), None),
    provenance=provenance,
)
