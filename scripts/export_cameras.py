"""Write the cameras of a rig in anipose's file."""

from marey import runtime

runtime.start(snakemake)

from pathlib import Path

from marey.multiview.export_cameras import export_cameras

export_cameras(Path(snakemake.input.cameras), Path(snakemake.output[0]))
