"""Find the calibration board in what a camera sees."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.multiview.detect_board import detect_board

images = [Path(path) for path in snakemake.input.images]
detect_board(
    images or Path(snakemake.input.video),
    None if images else Path(snakemake.input.frames),
    Path(snakemake.output[0]),
    camera=snakemake.wildcards.camera,
    config=snakemake.params.config["cameras"],
    provenance=provenance,
)
