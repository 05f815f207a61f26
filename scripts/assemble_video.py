"""Join the shards of a video to poses, each frame exactly once."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.assembly.assemble_video import assemble_video

inputs, config = snakemake.input, snakemake.params.config
assemble_video(
    [Path(path) for path in inputs.shards],
    Path(inputs.frames),
    Path(inputs.curves),
    *map(Path, snakemake.output),
    affinities_paths=[Path(path) for path in inputs.affinities],
    descriptors_paths=[Path(path) for path in inputs.descriptors],
    metadata_path=next(map(Path, inputs.metadata), None),
    graph_path=next(map(Path, inputs.graph), None),
    scales_path=next(map(Path, inputs.scale), None),
    keypoints=config["keypoints"],
    frames=config["frames"],
    config=config.get("assemble"),
    provenance=provenance,
)
