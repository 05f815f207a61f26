"""`disagreements`: one row per point that a second person set too: how far two people are apart."""

import pyarrow as pa

from marey.tables.columns import FRAME, INDIVIDUAL, KEYPOINT, VIDEO, column, position, table

DISAGREEMENTS = table(
    "disagreements",
    [
        VIDEO,
        FRAME,
        INDIVIDUAL,
        KEYPOINT,
        column("annotator", pa.string(), "whose label holds"),
        column("annotator_other", pa.string(), "who set the point too"),
        position("x", "column position that holds; empty unless visible or occluded", pa.float64()),
        position("y", "row position that holds", pa.float64()),
        column("visibility", pa.string(), "visibility that holds"),
        position("x_other", "column position by the other person", pa.float64()),
        position("y_other", "row position by the other person", pa.float64()),
        column("visibility_other", pa.string(), "visibility by the other person"),
        column(
            "distance", pa.float32(), "between the two; empty unless both have a position", unit="px", nullable=True
        ),
    ],
    sort=["video", "frame", "individual"],
)
