"""Match the animals in the views of a session."""

from marey import runtime

provenance = runtime.start(snakemake)

from marey.multiview.match_views import match_views
from marey.multiview.session import session_tables

config = snakemake.params.config
given = snakemake.input
tables = session_tables(given.cameras, given.tracks, given.frames, views=config["views"])
match_views(
    tables,
    snakemake.output[0],
    config={**config, **config["triangulate"], **config["animals"]},
    provenance=provenance,
)
