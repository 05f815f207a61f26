"""Put sampled frames into pages that people label in."""

from marey import runtime

runtime.start(snakemake)

from pathlib import Path

from marey.labelling.labeling_kit import labeling_kit

labeling_kit(
    Path(snakemake.input.samples),
    [Path(path) for path in snakemake.input.poses],
    [Path(path) for path in snakemake.output],
    config=snakemake.params.config,
    reprojected=[Path(path) for path in snakemake.input.get("reprojected", [])],
)
