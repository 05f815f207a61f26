"""`predictions`: what one model says of every labelled frame, beside the part that the frame played."""

import pyarrow as pa

from marey.tables.columns import CONFIDENCE, FRAME, INDIVIDUAL, KEYPOINT, VIDEO, column, position, table

SCHEMA = table(
    "predictions",
    [
        VIDEO,
        FRAME,
        INDIVIDUAL,
        KEYPOINT,
        column("part", pa.string(), "train | validation | test, in the model's fold"),
        column("group", pa.string(), "group of the frame in the split"),
        position("x", "predicted column position"),
        position("y", "predicted row position"),
        CONFIDENCE,
        position("true_x", "labelled column position"),
        position("true_y", "labelled row position"),
        column("visibility", pa.string(), "visibility of the label"),
    ],
    sort=["video", "frame", "individual"],
)
