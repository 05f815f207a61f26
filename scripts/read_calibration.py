"""Read the cameras of a rig from the file of another tool."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.multiview.read_calibration import read_calibration

config = snakemake.params.config
read_calibration(
    Path(snakemake.input.calibration),
    Path(snakemake.output.cameras),
    Path(snakemake.output.calibration),
    names=config["names"],
    unit=config["cameras"]["unit"],
    provenance=provenance,
)
