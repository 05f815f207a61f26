"""`descriptors`: one row per row of `detections` of a shard, in its order: what the network sees there of who it is."""

from marey.tables.appearances import VECTOR
from marey.tables.columns import FRAME, VIDEO, column, table

DESCRIPTORS = table(
    "descriptors",
    [
        VIDEO,
        FRAME,
        column("descriptor", VECTOR, "the network's output of that name, or `identity`, at the candidate"),
    ],
    sort=["frame"],
)
