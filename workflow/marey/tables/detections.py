"""`detections`: one row per candidate position of a keypoint in a frame, straight from the network."""

import pyarrow as pa

from marey.tables.columns import CONFIDENCE, FRAME, KEYPOINT, VIDEO, column, position, table

SCHEMA = table(
    "detections",
    [
        VIDEO,
        FRAME,
        KEYPOINT,
        column("candidate", pa.int16(), "rank of the candidate by confidence, from 0"),
        position("x", "column position"),
        position("y", "row position"),
        CONFIDENCE,
        column("fault", pa.bool_(), "the frame could not be decoded: no position"),
    ],
    sort=["frame"],
)
