"""`review`: one row per moment in which two animals may have been exchanged, the likeliest first."""

import pyarrow as pa

from marey.tables.columns import FRAME, TIME, VIDEO, column, position, table

REVIEW = table(
    "review",
    [
        column("rank", pa.int64(), "place in the list, from 1"),
        VIDEO,
        FRAME,  # the first in which the exchange would show
        TIME,
        column("first", pa.string(), "individual"),
        column("second", pa.string(), "individual that it may have been exchanged with"),
        column("probability", pa.float32(), "that they were exchanged from this frame on", unit="0..1"),
        position("x", "column position of the first individual"),
        position("y", "row position of the first individual"),
    ],
    sort=["rank"],
)
