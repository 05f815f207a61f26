"""Join the shards of a video to poses, each frame exactly once."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.assembly import assemble_video

inputs, config = snakemake.input, snakemake.params.config
several = {}
if inputs.get("graph"):
    several = {
        "affinities_paths": [Path(path) for path in inputs.affinities],
        "facts_path": Path(inputs.facts[0]),
        "graph_path": Path(inputs.graph[0]),
        "descriptors_paths": [Path(path) for path in inputs.descriptors],
        "appearances_out": Path(snakemake.output[1]) if inputs.descriptors else None,
    }
assemble_video(
    [Path(path) for path in inputs.shards],
    Path(inputs.frames),
    Path(inputs.calibration),
    Path(snakemake.output[0]),
    **several,
    keypoints=config["keypoints"],
    frames=config["frames"],
    config=config["assemble"],
    provenance=provenance,
)
