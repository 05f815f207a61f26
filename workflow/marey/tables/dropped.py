"""`dropped`: one row per fault that ingestion found, with what was left out because of it."""

import pyarrow as pa

from marey.tables.columns import column, table

REASONS = (
    "missing_image",
    "unknown_keypoint",
    "outside_image",
    "duplicate",
    "bad_number",
    "bad_row",
    "unknown_video",
    "unknown_frame",
    "other_image",
    "conflict",
    "bad_file",
)

DROPPED = table(
    "dropped",
    [
        column("source", pa.string(), "label file, relative to the data folder"),
        column("row", pa.int64(), "line of a text file or row of a table, from 1 (headers counted); 0: the whole file"),
        column("reason", pa.string(), " | ".join(REASONS)),
        column("detail", pa.string(), "what was found, what was expected, and the fix"),
    ],
    sort=["source", "row"],
)
