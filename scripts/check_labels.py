"""List the labels that models disagree with which did not train on them."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.evaluation.check_labels import check_labels

check_labels(
    [Path(path) for path in snakemake.input.predictions],
    Path(snakemake.input.labels),
    Path(snakemake.output[0]),
    reprojected_paths=[Path(path) for path in snakemake.input.get("reprojected", [])],
    provenance=provenance,
)
