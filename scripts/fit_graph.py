"""Learn what the edges of the graph say, and choose those that assembly uses."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.assembly.fit_graph import fit_graph

inputs = snakemake.input
fit_graph(
    *map(Path, (inputs.detections, inputs.affinities, inputs.dataset, inputs.splits, inputs.metadata)),
    Path(snakemake.output[0]),
    fold=int(snakemake.wildcards.fold),
    config=snakemake.params.config,
    provenance=provenance,
)
