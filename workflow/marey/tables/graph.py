"""`graph`: one row per edge of the graph that joins the keypoints of an animal, and what was learnt of it."""

import pyarrow as pa

from marey.tables.columns import column, table

GRAPH = table(
    "graph",
    [
        column("edge", pa.int16(), "index into `edges` of the model's metadata"),
        column("source", pa.string(), "keypoint that the edge begins at"),
        column("target", pa.string(), "keypoint that it leads to"),
        column("length", pa.float32(), "mean length within an animal", unit="px"),
        column("length_sd", pa.float32(), "standard deviation of the length", unit="px"),
        column(
            "separability",
            pa.float32(),
            "probability that a pair of one animal is given higher odds than a pair of two (area under the ROC curve)",
        ),
        column(
            "weights", pa.list_(pa.float64()), "of the kinds of evidence in the log odds, see marey.assembly.pair_odds"
        ),
        column("used", pa.bool_(), "whether assembly uses the edge: chosen by validation frames"),
    ],
    sort=["edge"],
)
