"""`tracks`: one row per keypoint of each individual in each frame from its first to its last."""

import pyarrow as pa

from marey.tables.columns import CONFIDENCE, FRAME, INDIVIDUAL, KEYPOINT, SIGMA, TIME, VIDEO, column, position, table

UNIQUE = "unique"  # the individual that has what is there once in an image: objects, landmarks

TRACKS = table(
    "tracks",
    [
        VIDEO,
        FRAME,
        TIME,
        INDIVIDUAL,
        KEYPOINT,
        position("x", "column position; empty where the keypoint is not seen"),
        position("y", "row position"),
        CONFIDENCE,
        SIGMA,
        column("fault", pa.bool_(), "damaged frame: the position may be that of another frame"),
    ],
    sort=["frame"],
)
