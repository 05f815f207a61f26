"""Measure how good the poses of a session in space are."""

from marey import runtime

provenance = runtime.start(snakemake)

from marey.multiview.evaluate_session import evaluate_session
from marey.multiview.session import session_tables

config = snakemake.params.config
given = snakemake.input
tables = session_tables(given.cameras, given.tracks, given.frames, given.matches, views=config["views"])
evaluate_session(
    tables,
    given.points,
    given.poses,
    snakemake.output[0],
    config={**config, **config["triangulate"]},
    provenance=provenance,
)
