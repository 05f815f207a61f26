"""`session_metrics`: one row per metric of a session's points in space, by camera, individual and keypoint."""

import pyarrow as pa

from marey.tables.columns import column, table

ALL = "all"

SESSION_METRICS = table(
    "session_metrics",
    [
        column("metric", pa.string(), "what was measured; defined in marey.multiview.evaluate_session"),
        column("camera", pa.string(), f"name of the camera; {ALL}: all together, or none in particular"),
        column("individual", pa.string(), f"name of the animal; {ALL}: all together"),
        column("keypoint", pa.string(), f"name of the keypoint, or of one end of a limb; {ALL}: all together"),
        column("other", pa.string(), "keypoint at the other end of a limb; empty: no limb", nullable=True),
        column("unit", pa.string(), "px, fraction, or the unit of the calibration"),
        column("value", pa.float64(), "value of the metric; empty where nothing is there to measure", nullable=True),
        column("points", pa.int64(), "number of views, positions or lengths that the value rests on"),
    ],
    sort=["metric", "camera", "individual"],
)
