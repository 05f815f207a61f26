"""`frames`: one row per decoded frame of a video."""

import pyarrow as pa

from marey.tables.columns import FRAME, TIME, VIDEO, column, table

FRAMES = table(
    "frames",
    [
        VIDEO,
        FRAME,
        TIME,
        column("pts", pa.int64(), "presentation time stamp in the stream's time base", nullable=True),
        column("key_frame", pa.bool_(), "decoding can start here"),
        column("fault", pa.bool_(), "damaged, or decoded from a frame that is: up to the next sound key frame"),
        column("digest", pa.uint32(), "CRC-32 of every eighth row of the decoded image: after a seek, the same frame"),
        column(
            "thumbnail",
            pa.binary(),
            "u8[height, width] grey thumbnail, row by row; empty between two sampling times",
            nullable=True,
        ),
        column(
            "look", pa.binary(), "u8[2, 6, 8]: light, and fineness of structure, of each cell of a grid over the image"
        ),
    ],
    sort=["frame"],
)

READING = ["frame", "pts", "key_frame", "fault", "digest"]  # what it takes to read any frame again
