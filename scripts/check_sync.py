"""Check that the cameras of a session are in step."""

from marey import runtime

provenance = runtime.start(snakemake)

from marey.multiview.check_sync import check_sync
from marey.multiview.session import session_tables

config = snakemake.params.config
given = snakemake.input
tables = session_tables(given.cameras, given.tracks, given.frames, given.matches, views=config["views"])
check_sync(
    tables,
    snakemake.output[0],
    config={**config, **config["triangulate"]},
    provenance=provenance,
)
