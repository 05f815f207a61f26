"""`samples`: one row per frame that is worth labelling, with its image."""

import pyarrow as pa

from marey.tables.columns import FRAME, TIME, VIDEO, column, table

SAMPLES = table(
    "samples",
    [
        VIDEO,
        FRAME,
        TIME,
        column("method", pa.string(), "uniform | random | kmeans | motion | outliers (those that poses are worst in)"),
        column("stratum", pa.int32(), "cluster (kmeans) or motion stratum that the frame stands for; else 0"),
        column("width", pa.int32(), "width of the image", unit="px"),
        column("height", pa.int32(), "height of the image", unit="px"),
        column("image", pa.binary(), "the frame, PNG"),
    ],
    sort=["video", "frame"],
)
