"""Find the points of a session in space."""

from marey import runtime

provenance = runtime.start(snakemake)

from marey.multiview.session import session_tables
from marey.multiview.triangulate_session import triangulate_session

config = snakemake.params.config
given = snakemake.input
tables = session_tables(given.cameras, given.tracks, given.frames, given.matches, views=config["views"])
triangulate_session(
    tables,
    dict(zip(tables.tracks, given.probes, strict=True)),
    snakemake.output[0],
    config={**config, **config["triangulate"]},
    provenance=provenance,
)
