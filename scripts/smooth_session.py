"""Smooth the poses of a session in space and time."""

from marey import runtime

provenance = runtime.start(snakemake)

from marey.multiview.session import session_tables
from marey.multiview.smooth_session import smooth_session

config = snakemake.params.config
given = snakemake.input
tables = session_tables(given.cameras, given.tracks, given.frames, given.matches, views=config["views"])
smooth_session(
    tables,
    given.points,
    snakemake.output[0],
    config={**config, **config["triangulate"], **config["smooth3d"]},
    provenance=provenance,
)
