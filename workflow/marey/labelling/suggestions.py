"""Positions that the labelling kit shows, which count when a person confirms them: by tracks, and by other cameras."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from marey.tables import files
from marey.tables.reprojected import REPROJECTED
from marey.tables.smoothed import SMOOTHED

KEY = ["video", "frame", "individual", "keypoint"]
AGREES = 3.0  # standard deviations: a position of a video's own that is nearer stays
LEAST_SIGMA = 1.0  # px, of both together


def read_predictions(poses: Sequence[Path], frames: pd.DataFrame) -> pd.DataFrame:
    """Read the measured positions in frames of `samples`, before smoothing, from tables `smoothed`; `views` is 0."""
    columns = ["video", "frame", "individual", "keypoint", "raw_x", "raw_y", "confidence", "sigma_px"]
    found = [pd.DataFrame(columns=columns)]
    for path in poses:
        files.open_table(path, SMOOTHED)  # whole, and with these columns
        video = path.stem
        wanted = frames.loc[frames["video"] == video, "frame"].tolist()
        if wanted:
            rows = pq.read_table(path, columns=columns, filters=[("frame", "in", wanted)]).to_pandas()
            found.append(rows[rows["raw_x"].notna()])
    rows = pd.concat([part for part in found if len(part)] or found)
    return rows.rename(columns={"raw_x": "x", "raw_y": "y"}).assign(views=0)


def suggest(predicted: pd.DataFrame, frames: pd.DataFrame, paths: Sequence[Path]) -> pd.DataFrame:
    """Put in what other cameras see, where a video has no position of its own, or one that they contradict.

    Args:
        predicted: columns video, frame, individual, keypoint, x, y, confidence, sigma_px and views (0: its own).
        frames: those of the kit, columns video and frame.
        paths: tables `reprojected`.

    Returns:
        The predictions, with the same columns; `views` are the cameras that a position of others comes from.
    """
    seen = pd.concat([files.read(path, REPROJECTED) for path in paths], ignore_index=True)
    seen = seen.merge(frames[["video", "frame"]].drop_duplicates(), on=["video", "frame"])
    both = predicted.merge(seen, on=KEY, how="left", suffixes=("", "_seen"))
    away = np.hypot(both["x"] - both["x_seen"], both["y"] - both["y_seen"])
    spread = np.hypot(both["sigma_px"].fillna(0), both["sigma_px_seen"]).clip(lower=LEAST_SIGMA)
    kept = predicted[~(away > AGREES * spread).to_numpy()]
    known = pd.MultiIndex.from_frame(kept[KEY])
    new = seen[~pd.MultiIndex.from_frame(seen[KEY]).isin(known)]
    return pd.concat([part for part in (kept, new[predicted.columns]) if len(part)] or [kept], ignore_index=True)
