"""Tracks as arrays: each animal of a video from its first frame to its last, as measured, before smoothing."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from marey.tables import files
from marey.tables.smoothed import SMOOTHED

COLUMNS = ["frame", "time", "individual", "keypoint", "raw_x", "raw_y", "confidence", "sigma_px"]


class Series(NamedTuple):
    """An animal in consecutive frames; what was not measured is NaN."""

    start: int  # its first frame
    points: np.ndarray  # f64[frame, keypoint, 2], (x, y) px
    confidence: np.ndarray  # f64[frame, keypoint]
    sigma: np.ndarray  # f64[frame, keypoint], px

    @property
    def frames(self) -> slice:
        """Return its frames, to index arrays of a whole video with."""
        return slice(self.start, self.start + len(self.points))

    @property
    def seen(self) -> np.ndarray:
        """Return which points were measured: bool[frame, keypoint]."""
        return np.isfinite(self.points).all(axis=-1)


def read_series(path: Path, keypoints: list[str], frames: int) -> list[Series]:
    """Read the table `smoothed` of a video of so many `frames`, as `series_of`."""
    return series_of(files.read(path, SMOOTHED, COLUMNS), keypoints, frames)


def series_of(rows: pd.DataFrame, keypoints: list[str], frames: int) -> list[Series]:
    """Make arrays of the rows of a table `smoothed`, an animal each, ordered by name; other keypoints are left out."""
    rows = rows[rows["keypoint"].isin(keypoints) & rows["frame"].between(0, frames - 1)]
    found = []
    for _, own in rows.groupby("individual", sort=True, observed=True):
        frame = own["frame"].to_numpy()
        start, stop = int(frame.min()), int(frame.max()) + 1
        cells = frame - start, pd.Index(keypoints).get_indexer(own["keypoint"])
        points = np.full((stop - start, len(keypoints), 2), np.nan)
        points[cells] = own[["raw_x", "raw_y"]]
        points[~np.isfinite(points).all(axis=-1)] = np.nan
        seen = np.isfinite(points[..., 0])
        values = [np.full(seen.shape, np.nan) for _ in range(2)]
        for value, name in zip(values, ("confidence", "sigma_px"), strict=True):
            value[cells] = own[name]
            value[~seen] = np.nan
        found.append(Series(start, points, *values))
    return found
