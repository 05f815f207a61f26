"""`confidence_curves`: one row per knot of the curves that turn what a model says into probabilities and px."""

import pyarrow as pa

from marey.tables.columns import column, table

CONFIDENCE_CURVES = table(
    "confidence_curves",
    [
        column(
            "curve",
            pa.string(),
            "confidence (raw confidence to probability) | noise (the same to px) | sigma (noise and spread to px)",
        ),
        column("score", pa.float64(), "what the curve starts from: raw confidence, or px"),
        column("value", pa.float64(), "what it leads to: a probability, or px"),
        column("tolerance", pa.float64(), "a position this near its label is right", unit="px", nullable=True),
        column(
            "source",
            pa.string(),
            "what it rests on: validation (labels of this experiment) | elsewhere (those of the experiment that the "
            "model comes from) | uncalibrated (nothing: raw confidence stays as it is)",
        ),
        column("points", pa.int64(), "validation points that the curve rests on; 0: it changes nothing"),
    ],
    sort=["curve", "score"],
)

# The curves where there is nothing to fit any to: confidence stays as it is, and sigma is unknown.
UNCALIBRATED = {
    "curve": ["confidence", "confidence"],
    "score": [0.0, 1.0],
    "value": [0.0, 1.0],
    "tolerance": [float("nan")] * 2,
    "source": ["uncalibrated"] * 2,
    "points": [0, 0],
}
