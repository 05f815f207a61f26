"""`pooled`: one row per keypoint of a labelled frame: what the fold's ensemble says, calibrated, beside the label."""

import pyarrow as pa

from marey.tables.columns import CONFIDENCE, FRAME, INDIVIDUAL, KEYPOINT, SIGMA, VIDEO, column, position, table

POOLED = table(
    "pooled",
    [
        VIDEO,
        FRAME,
        INDIVIDUAL,
        KEYPOINT,
        column("part", pa.string(), "train | validation | test, in the fold"),
        column("group", pa.string(), "group of the frame in the split"),
        position("x", "predicted column position"),
        position("y", "predicted row position"),
        CONFIDENCE,  # the probability that the position is right, that is within the tolerance
        SIGMA,
        column("raw_confidence", pa.float32(), "confidence as the network gives it", unit="0..1"),
        column("spread", pa.float32(), "standard deviation of the members per axis", unit="px", nullable=True),
        column("tolerance", pa.float32(), "a position this near its label is right", unit="px", nullable=True),
        position("true_x", "labelled column position"),
        position("true_y", "labelled row position"),
        column("visibility", pa.string(), "visibility of the label"),
    ],
    sort=["video", "frame", "individual"],
)
