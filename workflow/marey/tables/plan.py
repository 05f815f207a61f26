"""`plan`: one row per shard: the frame range [start, stop) of a video that one job analyses."""

import pyarrow as pa

from marey.tables.columns import VIDEO, column, table

GROUP_FRAMES = 32  # frames that are followed together; a shard begins with a group

PLAN = table(
    "plan",
    [
        VIDEO,
        column("start", pa.int64(), "first frame: 0, or the first multiple of 32 at or after a key frame"),
        column("stop", pa.int64(), "frame after the last"),
    ],
    sort=["video", "start"],
)
