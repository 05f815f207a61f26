"""`reprojected`: one row per keypoint of a frame to label or labelled: where its camera should see it by all others."""

import pyarrow as pa

from marey.tables.columns import CONFIDENCE, FRAME, INDIVIDUAL, KEYPOINT, VIDEO, column, position, table

SOURCE = "reprojected"

REPROJECTED = table(
    "reprojected",
    [
        VIDEO,
        FRAME,
        INDIVIDUAL,  # as the labels of the frame call it, where it is labelled
        KEYPOINT,
        position("x", "column position, of the point that the other cameras find, in this one"),
        position("y", "row position"),
        column(
            "sigma_px", pa.float32(), "standard deviation per axis of that, with errors that views share", unit="px"
        ),
        CONFIDENCE,  # mean over the views used
        column("views", pa.int8(), "cameras that it comes from"),
        column("source", pa.string(), f"{SOURCE}: nobody has set it"),
    ],
    sort=["video", "frame", "individual"],
)
