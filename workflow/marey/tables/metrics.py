"""`metrics`: one row per metric, by part, keypoint and confidence."""

import pyarrow as pa

from marey.tables.columns import KEYPOINT, column, table

MIN_INTERVAL_GROUPS = 6  # fewer groups say too little of how much groups differ: two would cover half, not 95 %

METRICS = table(
    "metrics",
    [
        column("part", pa.string(), "train | validation | test"),
        KEYPOINT,  # 'all': over all keypoints
        column("cut", pa.float32(), "only predictions of at least this confidence; 0: all of them", unit="0..1"),
        column(
            "metric",
            pa.string(),
            "mean_error | rmse | median_error | p90 | p95 | pck@... | missing_rate | calibration_error | sigma_ratio | "
            "within_1_sigma | within_2_sigma; see evaluation.evaluate_model. Where frames show several animals also "
            "oks_map@... | oks_mar@... | missed_animals | spurious_animals; defined in evaluation.whole_animals",
        ),
        column("unit", pa.string(), "px, fraction or ratio"),
        column("value", pa.float64(), "value of the metric; NaN where nothing was left to measure", nullable=True),
        column(
            "low",
            pa.float64(),
            f"lower end of the 95 % bootstrap interval over groups; NaN below {MIN_INTERVAL_GROUPS} groups",
            nullable=True,
        ),
        column(
            "high",
            pa.float64(),
            f"upper end of the 95 % bootstrap interval over groups; NaN below {MIN_INTERVAL_GROUPS} groups",
            nullable=True,
        ),
        column("points", pa.int64(), "number of labelled points (for whole animals: animals) that the value rests on"),
        column("groups", pa.int64(), "number of groups that the interval rests on"),
    ],
    sort=["part"],
)
