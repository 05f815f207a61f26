"""`labels`: one row per labelled point, from whatever format it came."""

import pyarrow as pa

from marey.tables.columns import FRAME, INDIVIDUAL, KEYPOINT, VIDEO, column, position, table

VISIBILITIES = ("visible", "occluded", "absent", "unlabelled")

LABELS = table(
    "labels",
    [
        VIDEO,
        FRAME,
        INDIVIDUAL,
        KEYPOINT,
        position("x", "column position of the point; empty unless visible or occluded", pa.float64()),
        position("y", "row position of the point; empty unless visible or occluded", pa.float64()),
        column("visibility", pa.string(), "visible | occluded | absent | unlabelled"),
        column("annotator", pa.string(), "who set the point"),
        column(
            "image", pa.string(), "image file, relative to the data folder; empty: the video's frame", nullable=True
        ),
        column("source", pa.string(), "label file, relative to the data folder"),
        column("row", pa.int64(), "line of a text file (from 1, headers counted) or row of a table (from 1)"),
        column("set_at", pa.timestamp("ms", tz="UTC"), "when the point was set, UTC; empty: not known", nullable=True),
    ],
    sort=["video", "frame", "individual"],
    empty={"x": {"visibility": ["absent", "unlabelled"]}},
)
