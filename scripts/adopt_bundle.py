"""Take the model of another experiment for this one, which has no labels."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.models.adopt_bundle import adopt_bundle

inputs, output = snakemake.input, snakemake.output
adopt_bundle(
    (Path(inputs.weights), Path(inputs.metadata)),
    [Path(path) for path in inputs.tables],
    (Path(output.weights), Path(output.metadata)),
    Path(output.curves),
    next(map(Path, output.graph), None),
    config=snakemake.params.config,
    provenance=provenance,
)
