"""Take the model of another experiment for this one, which has no labels."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.models.adopt_bundle import adopt_bundle
from marey.zoo import catalogue

config, output = snakemake.params.config, snakemake.output
adopt_bundle(
    catalogue.of_job(config["model"]["init"], snakemake.input),
    (Path(output.weights), Path(output.metadata)),
    Path(output.curves),
    next(map(Path, output.graph), None),
    config=config,
    provenance=provenance,
)
