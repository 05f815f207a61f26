"""`quality`: one row per keypoint of a video: how many of its positions can be relied on, over all individuals."""

import pyarrow as pa

from marey.tables.columns import KEYPOINT, VIDEO, column, table

QUALITY = table(
    "quality",
    [
        VIDEO,
        KEYPOINT,
        column("positions", pa.int64(), "rows of `smoothed`: frames, each counted once for every individual in it"),
        column("low", pa.int64(), "of these, with a confidence below `smooth.min_confidence`"),
        column("bridged", pa.int64(), "of these, interpolated over a short gap"),
        column("lost", pa.int64(), "of these, in a gap that was too long to bridge"),
        column("damaged", pa.int64(), "of these, in frames that the decoder reported damage in"),
        column("confidence", pa.float32(), "mean confidence", unit="0..1"),
    ],
    sort=["video"],
)
