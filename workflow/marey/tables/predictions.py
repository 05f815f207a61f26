"""`predictions`: one row per keypoint of a labelled frame: what a model says of it, beside the label."""

import pyarrow as pa

from marey.tables.columns import CONFIDENCE, FRAME, INDIVIDUAL, KEYPOINT, VIDEO, column, position, table

PREDICTIONS = table(
    "predictions",
    [
        VIDEO,
        FRAME,
        INDIVIDUAL,  # of the label, or spurious1, ...
        KEYPOINT,
        column("part", pa.string(), "train | validation | test, in the model's fold"),
        column("group", pa.string(), "group of the frame in the split"),
        position("x", "predicted column position"),
        position("y", "predicted row position"),
        CONFIDENCE,
        column("spread", pa.float32(), "standard deviation of the members per axis", unit="px", nullable=True),
        position("true_x", "labelled column position"),
        position("true_y", "labelled row position"),
        column("visibility", pa.string(), "visibility of the label"),
    ],
    sort=["video", "frame", "individual"],
)
