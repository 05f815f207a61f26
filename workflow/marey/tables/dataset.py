"""`dataset`: one row per labelled frame: its image and its points, ready for training."""

import pyarrow as pa

from marey.tables.columns import FRAME, VIDEO, column, table

DATASET = table(
    "dataset",
    [
        VIDEO,
        FRAME,
        column("width", pa.int32(), "width of the image", unit="px"),
        column("height", pa.int32(), "height of the image", unit="px"),
        column("image", pa.binary(), "the encoded image: the label project's own file, or a PNG of the video's frame"),
        column("individuals", pa.list_(pa.string()), "animals labelled in the frame"),
        column(
            "points",
            pa.list_(pa.float32()),
            "f32[individual, keypoint, 2] (x, y), flattened; NaN where there is no position",
            unit="px",
        ),
        column(
            "visibility",
            pa.list_(pa.int8()),
            "i8[individual, keypoint], flattened: index into visible | occluded | absent | unlabelled",
        ),
    ],
    sort=["video", "frame"],
)
