"""`splits`: one row per fold and labelled frame: the part that the frame plays there."""

import pyarrow as pa

from marey.tables.columns import FRAME, VIDEO, column, table

PARTS = ("train", "validation", "test")

SPLITS = table(
    "splits",
    [
        column("fold", pa.int32(), "fold, from 0"),
        VIDEO,
        FRAME,
        column("group", pa.string(), "frames of one group are never on both sides of a split"),
        column("part", pa.string(), "train | validation | test"),
    ],
    sort=["fold", "video", "frame"],
)
