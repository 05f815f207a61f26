"""Residuals: how far predictions lie from labels, and the body length that such distances are compared with."""

import numpy as np
import pandas as pd

LABELLED_VISIBILITIES = ("visible", "occluded")
SPURIOUS_PREFIX = "spurious"  # with a number: the name of a predicted animal that no label matches


def scored_points(points: pd.DataFrame) -> pd.DataFrame:
    """Select the rows of predictions whose label has a position."""
    return points[_labelled(points)]


def is_spurious(individuals: pd.Series) -> np.ndarray:
    """Return which names are those of predicted animals that no label matches, bool[n]."""
    return individuals.str.fullmatch(rf"{SPURIOUS_PREFIX}\d+").to_numpy(bool)


def shows_several(points: pd.DataFrame) -> bool:
    """Return whether a frame of these predictions shows more than one animal, by label or prediction."""
    shown = points[points["x"].notna() | points["true_x"].notna()]
    names = shown[["video", "frame", "individual"]].drop_duplicates()
    return bool(names.duplicated(["video", "frame"]).any())


def judged_points(points: pd.DataFrame) -> pd.DataFrame:
    """Select the rows that show whether confidence means what it says.

    These are `scored_points`, and where frames show several animals also every position where the label has none, as of
    animals that are not there.
    """
    wrong = points["visibility"].eq("absent") & points["x"].notna() & shows_several(points)
    return points[_labelled(points) | wrong]


def distances(points: pd.DataFrame) -> np.ndarray:
    """Compute the distance of prediction and label of each row, f64[n] px; NaN where one of them has no position."""
    step = points[["x", "y"]].to_numpy(np.float64) - points[["true_x", "true_y"]].to_numpy(np.float64)
    return np.hypot(*step.T)


def miss_distances(points: pd.DataFrame) -> np.ndarray:
    """Compute `distances`, with inf where a keypoint is predicted that the label says is absent."""
    absent = points["visibility"].eq("absent").to_numpy() & points["x"].notna().to_numpy()
    return np.where(absent, np.inf, distances(points))


def body_length(labels: pd.DataFrame) -> float:
    """Compute the longest distance between two labelled points of an animal, px; median over frames and animals.

    `labels` has the columns video, frame, individual, keypoint, true_x, true_y. NaN where no animal has two points.
    """
    wide = labels.pivot(index=["video", "frame", "individual"], columns="keypoint", values=["true_x", "true_y"])
    if wide.empty:
        return np.nan
    x, y = wide["true_x"].to_numpy(np.float64), wide["true_y"].to_numpy(np.float64)
    # One keypoint at a time against all others: memory stays linear in the number of keypoints.
    longest = np.zeros(len(wide))
    for column in range(x.shape[1]):
        reach = np.hypot(x - x[:, [column]], y - y[:, [column]])
        longest = np.fmax(longest, np.nan_to_num(reach).max(axis=1))
    longest = longest[longest > 0]
    return float(np.median(longest)) if len(longest) else np.nan


def _labelled(points: pd.DataFrame) -> pd.Series:
    """Return which labels have a position, bool[n]."""
    return points["visibility"].isin(LABELLED_VISIBILITIES) & points[["true_x", "true_y"]].notna().all(axis=1)
