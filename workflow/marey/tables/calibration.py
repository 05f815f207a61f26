"""`calibration`: one row per figure by which a calibration of cameras is judged."""

import pyarrow as pa

from marey.tables.columns import column, table

VERDICTS = ("good", "doubtful", "bad")

CALIBRATION = table(
    "calibration",
    [
        column("camera", pa.string(), "name of the camera, or of two; empty: all"),
        column("measure", pa.string(), "what was measured"),
        column("value", pa.float64(), "the figure", nullable=True),
        column("limit", pa.float64(), "beyond which it is doubtful", nullable=True),
        column("verdict", pa.string(), " | ".join(VERDICTS)),
        column("advice", pa.string(), "what to do; empty where it is good"),
    ],
    sort=["measure", "camera"],
)
