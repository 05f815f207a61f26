"""Learn from a video what tells its animals apart."""

from marey import runtime

provenance = runtime.start(snakemake)

from pathlib import Path

from marey.recognition.learn_embeddings import learn_embeddings

learn_embeddings(
    Path(snakemake.input.video),
    Path(snakemake.input.frames),
    Path(snakemake.input.poses),
    Path(snakemake.output[0]),
    next(map(Path, snakemake.input.metadata), None),
    video=snakemake.wildcards.video,
    config=snakemake.params.config,
    provenance=provenance,
)
