"""The test frames with the largest errors, cut to the animal, with label and prediction."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from marey.plots import crops, style
from marey.skeletons import Skeleton
from marey.tables import files, pooled

FRAMES, COLUMNS = 12, 4


def plot_worst_frames(
    dataset_path: str | Path, predictions_path: str | Path, out: str | Path, *, skeleton: Skeleton
) -> None:
    """Draw the up to 12 test frames of table `pooled` with the largest mean error to `out`.

    Their pictures are those of table `dataset`.
    """
    points = files.read(predictions_path, pooled.SCHEMA)
    points = points[(points["part"] == "test") & points["true_x"].notna() & points["true_y"].notna()]
    points = points.assign(error=np.hypot(points["x"] - points["true_x"], points["y"] - points["true_y"]))
    error = points.groupby(["video", "frame"])["error"].mean().dropna().sort_values(ascending=False, kind="stable")
    worst = error.head(FRAMES)
    rows = max(1, -(-len(worst) // COLUMNS))
    title = f"Worst {len(worst)} of {len(error)} test frames (ring: label, cross: prediction)"
    with style.figure(out, width=9, height=2.45 * rows + 0.6, title=title) as drawn:
        if worst.empty:
            style.note(drawn.subplots(), "no test frames with predictions")
            return
        images = crops.pictures(dataset_path, worst.index)
        for axes, (key, value) in zip(style.sheet(drawn, len(worst), columns=COLUMNS), worst.items(), strict=True):
            here = points[(points["video"] == key[0]) & (points["frame"] == key[1])]
            _draw(axes, images[key], here, skeleton)
            video = key[0] if len(key[0]) <= 22 else f"{key[0][:21]}…"
            axes.set_title(f"{video}, frame {key[1]}: {value:.1f} px", fontsize=7, fontweight="normal")
        style.name_keypoints(drawn, skeleton)


def _draw(axes: Axes, image: np.ndarray, points: pd.DataFrame, skeleton: Skeleton) -> None:
    """One picture, cut to a square around all labels and predictions of the frame."""
    style.show_image(axes, image)
    colors = dict(zip(skeleton.keypoints, style.keypoint_colors(len(skeleton.keypoints)), strict=True))
    for point in points.itertuples():
        color = colors[point.keypoint]
        axes.plot([point.true_x, point.x], [point.true_y, point.y], color="white", linewidth=0.9)
        axes.plot(
            point.true_x, point.true_y, "o", markersize=7, markerfacecolor="none", color=color, markeredgewidth=1.2
        )
        axes.plot(point.x, point.y, "x", markersize=4.5, color=color, markeredgewidth=1.4)
    places = points[["true_x", "true_y", "x", "y"]].to_numpy(np.float64).reshape(-1, 2)
    crops.cut(axes, places, image)
