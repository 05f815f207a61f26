"""`affinities`: one row per pair of candidates that an edge of the model's graph may join."""

import pyarrow as pa

from marey.tables.columns import FRAME, VIDEO, column, table

AFFINITIES = table(
    "affinities",
    [
        VIDEO,
        FRAME,
        column("edge", pa.int16(), "index into `edges` of the model's metadata, which names two keypoints"),
        column("source", pa.int16(), "candidate (in `detections`) of the edge's first keypoint"),
        column("target", pa.int16(), "candidate of its second keypoint"),
        column("affinity", pa.float32(), "mean of the network's field along the line from source to target, -1..1"),
    ],
    sort=["frame"],
)
