"""`poses`: one row per keypoint of each individual in each frame."""

import pyarrow as pa

from marey.tables.columns import CONFIDENCE, FRAME, INDIVIDUAL, KEYPOINT, SIGMA, TIME, VIDEO, column, position, table

SCHEMA = table(
    "poses",
    [
        VIDEO,
        FRAME,
        TIME,
        INDIVIDUAL,
        KEYPOINT,
        position("x", "column position"),
        position("y", "row position"),
        CONFIDENCE,
        SIGMA,
        column("fault", pa.bool_(), "damaged frame: the position may be that of another frame"),
    ],
    sort=["frame"],
)
