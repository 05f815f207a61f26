"""`smoothed`: one row per keypoint of each individual in each frame, after filtering in time; raw values are kept."""

import pyarrow as pa

from marey.tables.columns import CONFIDENCE, FRAME, INDIVIDUAL, KEYPOINT, SIGMA, TIME, VIDEO, column, position, table

STATES = ("measured", "interpolated", "gap")

SMOOTHED = table(
    "smoothed",
    [
        VIDEO,
        FRAME,
        TIME,
        INDIVIDUAL,
        KEYPOINT,
        position("x", "smoothed column position; empty in a gap"),
        position("y", "smoothed row position; empty in a gap"),
        CONFIDENCE,
        SIGMA,  # of the measurement
        column("state", pa.string(), "measured | interpolated (a short gap, bridged) | gap (too long to bridge)"),
        position("raw_x", "column position before smoothing"),
        position("raw_y", "row position before smoothing"),
    ],
    sort=["frame"],
    empty={"x": {"state": ["gap"]}},
)
