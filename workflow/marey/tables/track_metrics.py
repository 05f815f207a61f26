"""`track_metrics`: one row per metric of a video's tracks, against the labels of its own frames."""

import pyarrow as pa

from marey.tables.columns import VIDEO, column, table

TRACK_METRICS = table(
    "track_metrics",
    [
        VIDEO,
        column(
            "metric",
            pa.string(),
            "mota | idf1 | hota | deta | assa | switches | missed | spurious | switches_per_hour; defined in "
            "marey.evaluation.evaluate_tracks",
        ),
        column("unit", pa.string(), "fraction, count or 1/h"),
        column("value", pa.float64(), "value of the metric; NaN where nothing is there to measure", nullable=True),
        column("frames", pa.int64(), "number of labelled frames that were compared"),
        column("animals", pa.int64(), "number of labelled animals in them, each counted in every frame"),
    ],
    sort=["video"],
)
