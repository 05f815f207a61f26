"""`probe`: one row per video: what one decode pass found out about the file."""

import pyarrow as pa

from marey.tables.columns import VIDEO, column, table

# "missing" is no status that a table holds, since what is not there is not probed: the report says it.
STATUSES = ("ok", "wrong_suffix", "truncated", "empty", "unreadable", "missing")
USABLE = ("ok", "wrong_suffix", "truncated")  # frames of these can be analysed

PROBE = table(
    "probe",
    [
        VIDEO,
        column("path", pa.string(), "the file, relative to the data folder"),
        column("status", pa.string(), "ok | wrong_suffix | truncated | empty | unreadable"),
        column("detail", pa.string(), "what is wrong, in words; empty where nothing is"),
        column("size", pa.int64(), "size of the file", unit="bytes"),
        column("content_hash", pa.string(), "BLAKE2b-128 of the whole file, hexadecimal"),
        column("container", pa.string(), "container format as the content says, whatever the suffix says"),
        column("codec", pa.string(), "video codec"),
        column("pixel_format", pa.string(), "pixel format of the stream"),
        column("width", pa.int32(), "width of the upright image", unit="px"),
        column("height", pa.int32(), "height of the upright image", unit="px"),
        column("rotation", pa.int32(), "clockwise rotation that makes the stored image upright", unit="degrees"),
        column("mirrored", pa.bool_(), "left and right of the stored image are swapped before that"),
        column("frames", pa.int64(), "frames that could be decoded: the true count"),
        column("container_frames", pa.int64(), "frames that the container claims", nullable=True),
        column("fps", pa.float64(), "mean frame rate", unit="1/s"),
        column("duration", pa.float64(), "from the first frame to the end of the last", unit="s"),
        column("variable_frame_rate", pa.bool_(), "frame intervals differ by more than 10 % of their median"),
        column("key_frames", pa.int64(), "number of key frames"),
        column("faults", pa.int64(), "places in the file where damage or a loss was found, in packets"),
        column("thumbnail_width", pa.int32(), "width of the thumbnails in `frames`", unit="px"),
        column("thumbnail_height", pa.int32(), "height of the thumbnails in `frames`", unit="px"),
    ],
    sort=["video"],
)
