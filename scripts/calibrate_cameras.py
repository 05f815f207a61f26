"""Calibrate the cameras of a rig by the board that they saw."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.multiview.calibrate_cameras import calibrate_cameras

calibrate_cameras(
    {Path(path).stem: Path(path) for path in snakemake.input.corners},
    Path(snakemake.output.cameras),
    Path(snakemake.output.calibration),
    session=snakemake.wildcards.rig,
    config=snakemake.params.config["cameras"],
    provenance=provenance,
)
