"""Quality of a video: how many positions can be relied on, counted once, so that the report need not read all poses."""

import numpy as np
import pandas as pd

from marey.tables import files
from marey.tables.quality import QUALITY


def count_positions(tracks: pd.DataFrame, smoothed: pd.DataFrame, *, cut: float) -> pd.DataFrame:
    """Count the positions of one video by keypoint, in the order of appearance: table `quality`.

    `tracks` holds the columns keypoint and fault, `smoothed` video, keypoint, confidence and state; `cut` is the
    confidence below which positions count as missing (`smooth.min_confidence`).
    """
    if smoothed.empty:
        return files.empty(QUALITY)
    rows = pd.DataFrame(
        {
            "video": smoothed["video"],
            "keypoint": smoothed["keypoint"],
            "positions": 1,
            "low": smoothed["confidence"] < np.float32(cut),
            "bridged": smoothed["state"] == "interpolated",
            "lost": smoothed["state"] == "gap",
            "confidence": smoothed["confidence"].astype(np.float64),
        }
    )
    groups = rows.groupby(["video", "keypoint"], sort=False)
    found = groups[["positions", "low", "bridged", "lost"]].sum().astype(np.int64)
    damaged = tracks.groupby("keypoint")["fault"].sum()
    found["damaged"] = found.index.get_level_values("keypoint").map(damaged).astype(np.int64)
    return found.assign(confidence=groups["confidence"].mean()).reset_index()
