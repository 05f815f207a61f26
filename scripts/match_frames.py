"""Put together the animals of the labelled frames, and match them with the labelled ones."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.assembly.match_frames import match_frames

inputs = snakemake.input
match_frames(
    *map(Path, (inputs.detections, inputs.dataset, inputs.splits, inputs.metadata, snakemake.output[0])),
    *map(Path, (*inputs.affinities, *inputs.graph)),
    scales_path=next(map(Path, inputs.scales), None),
    fold=int(snakemake.wildcards.fold),
    config=snakemake.params.config,
    provenance=provenance,
)
