"""`suspects`: one row per label that is probably wrong, the likeliest first."""

import pyarrow as pa

from marey.tables.columns import CONFIDENCE, FRAME, INDIVIDUAL, KEYPOINT, SIGMA, VIDEO, column, position, table

SUSPECTS = table(
    "suspects",
    [
        column("rank", pa.int64(), "place in the list, from 1"),
        VIDEO,
        FRAME,
        INDIVIDUAL,  # spurious1, ...: an animal that is seen and not labelled
        KEYPOINT,  # of such an animal: that of the highest confidence
        column(
            "kind", pa.string(), "swapped (with `other`) | far (from where it is seen) | missing (seen, not labelled)"
        ),
        column("evidence", pa.string(), "model | views (what the other cameras see, of `reprojected`) | both"),
        column("other", pa.string(), "keypoint that it seems to be swapped with; empty for other kinds", nullable=True),
        column("score", pa.float32(), "log-likelihood ratio of a wrong label to a right one, in nats"),
        position("x", "labelled column position; empty where the label is missing"),
        position("y", "labelled row position; empty where the label is missing"),
        position("other_x", "labelled column position of `other`"),
        position("other_y", "labelled row position of `other`"),
        position(
            "predicted_x",
            "column position that a model sees which did not train on the frame, or that the other cameras give",
        ),
        position("predicted_y", "row position of the same"),
        CONFIDENCE,
        SIGMA,
        column("source", pa.string(), "label file, relative to the data folder; empty: no row for it", nullable=True),
        column("row", pa.int64(), "line or row of the label in its file, as in `labels`", nullable=True),
    ],
    sort=["rank"],
)
