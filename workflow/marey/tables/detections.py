"""`detections`: one row per candidate position of a keypoint in a frame, from the networks, with raw confidence."""

import pyarrow as pa

from marey.tables.columns import CONFIDENCE, FRAME, KEYPOINT, VIDEO, column, position, table

DETECTIONS = table(
    "detections",
    [
        VIDEO,
        FRAME,
        KEYPOINT,
        column("candidate", pa.int16(), "rank of the candidate by confidence, from 0; top-down: number of the animal"),
        position("x", "column position"),
        position("y", "row position"),
        CONFIDENCE,
        column("spread", pa.float32(), "standard deviation of the members per axis", unit="px", nullable=True),
        column("fault", pa.bool_(), "damaged frame: the position may be that of another frame"),
    ],
    sort=["frame"],
)
