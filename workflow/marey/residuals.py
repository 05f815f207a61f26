"""How far predictions lie from labels, and the body length that such distances are compared with."""

import numpy as np
import pandas as pd

LABELLED = ("visible", "occluded")


def scored(points: pd.DataFrame) -> pd.DataFrame:
    """The rows of predictions whose label has a position."""
    return points[points["visibility"].isin(LABELLED) & points[["true_x", "true_y"]].notna().all(axis=1)]


def distances(points: pd.DataFrame) -> np.ndarray:
    """Distance of prediction and label of each row, f64[n] px; NaN where one of them has no position."""
    step = points[["x", "y"]].to_numpy(np.float64) - points[["true_x", "true_y"]].to_numpy(np.float64)
    return np.hypot(*step.T)


def misses(points: pd.DataFrame) -> np.ndarray:
    """`distances`, with inf where a keypoint is predicted that the label says is absent."""
    absent = points["visibility"].eq("absent").to_numpy() & points["x"].notna().to_numpy()
    return np.where(absent, np.inf, distances(points))


def body_length(labels: pd.DataFrame) -> float:
    """The longest distance between two labelled points of an animal, px; median over frames and animals.

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
