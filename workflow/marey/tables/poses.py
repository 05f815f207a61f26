"""`poses`: one row per keypoint of each animal in each frame, before it is known which animal is which."""

import pyarrow as pa

from marey.tables.columns import CONFIDENCE, FRAME, KEYPOINT, SIGMA, TIME, VIDEO, column, position, table

UNIQUE_INSTANCE = -1  # the instance that holds what is there once in a frame: objects, landmarks

POSES = table(
    "poses",
    [
        VIDEO,
        FRAME,
        TIME,
        column("instance", pa.int16(), "number of the animal within its frame, from 0; -1: objects and landmarks"),
        KEYPOINT,
        position("x", "column position"),
        position("y", "row position"),
        CONFIDENCE,
        SIGMA,
        column("fault", pa.bool_(), "damaged frame: the position may be that of another frame"),
    ],
    sort=["frame"],
)
