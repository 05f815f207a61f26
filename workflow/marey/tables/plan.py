"""`plan`: one row per shard: the frame range [start, stop) of a video that one job analyses."""

import pyarrow as pa

from marey.tables.columns import VIDEO, column, table

SCHEMA = table(
    "plan",
    [
        VIDEO,
        column("start", pa.int64(), "first frame; a key frame or frame 0"),
        column("stop", pa.int64(), "frame after the last"),
    ],
    sort=["video", "start"],
)
