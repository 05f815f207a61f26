"""`tracked`: one row per video: how many of its poses belong to an animal's track, and how many were left out."""

import pyarrow as pa

from marey.tables.columns import VIDEO, column, table

TRACKED = table(
    "tracked",
    [
        VIDEO,
        column("poses", pa.int64(), "poses of animals, each counted in every frame"),
        column("individuals", pa.int64(), "tracks that they belong to"),
        column("left_out", pa.int64(), "poses that belong to no track, before a person's corrections"),
        column(
            "surplus",
            pa.int64(),
            "poses that at least have to be left out, as their frames show more of them than there are animals; empty "
            "where the number of animals is not known",
            nullable=True,
        ),
    ],
    sort=["video"],
)
