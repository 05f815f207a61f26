"""Find where the labels of a session should be by what all other cameras see."""

from marey import runtime

provenance = runtime.start(snakemake)

from marey.evaluation.reproject_labels import reproject_labels
from marey.multiview.session import session_tables

config = snakemake.params.config
given = snakemake.input
tables = session_tables(given.cameras, given.tracks, given.frames, given.matches, views=config["views"])
reproject_labels(
    tables,
    given.points,
    given.get("labels") or None,
    given.get("samples") or None,
    snakemake.output[0],
    views=config["views"],
    config={**config, **config["triangulate"]},
    provenance=provenance,
)
