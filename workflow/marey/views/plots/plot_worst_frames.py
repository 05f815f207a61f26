"""The test frames with the largest errors, cut to the animals, with labels and predictions."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from marey.evaluation import residuals
from marey.experiment.skeletons import Skeleton
from marey.tables import files
from marey.tables.pooled import POOLED
from marey.views.colors import WARN, keypoint_colors
from marey.views.plots import crops, style

FRAMES, COLUMNS = 12, 4
ANIMAL = ["video", "frame", "individual"]
COLORS = {"missed": WARN, "spurious": "#56b4e9"}  # told apart by colour-blind eyes, and by their words
MARGIN = 10  # px of the video between an animal and the box about it


def plot_worst_frames(
    dataset_path: str | Path, predictions_path: str | Path, out: str | Path, *, skeleton: Skeleton
) -> None:
    """Draw the up to 12 test frames of table `pooled` with the largest mean error to `out`.

    Where frames show several animals, each point of an animal that is missed or spurious counts as an error of one body
    length, and such animals are boxed. The images are those of table `dataset`.
    """
    points = files.read(predictions_path, POOLED)
    points = points[points["part"] == "test"].reset_index(drop=True)
    several = residuals.several(points)
    points = residuals.judged(points)
    points = points.assign(error=residuals.distances(points), fate=_fates(points) if several else "")
    table = _ranked(points)
    worst = table.head(FRAMES)
    rows = max(1, -(-len(worst) // COLUMNS))
    title = f"Worst {len(worst)} of {len(table)} test frames (ring: label, cross: prediction)"
    if several:
        title += "\nboxes: missed (labelled, matched by no prediction) and spurious animals (predicted, match no label)"
    with style.figure(out, width=9, height=2.45 * rows + (0.75 if several else 0.6), title=title) as drawn:
        if worst.empty:
            style.note(drawn.subplots(), "no test frames with predictions")
            return
        images = crops.pictures(dataset_path, worst.index)
        for axes, (key, row) in zip(style.sheet(drawn, len(worst), columns=COLUMNS), worst.iterrows(), strict=True):
            here = points[(points["video"] == key[0]) & (points["frame"] == key[1])]
            _draw(axes, images[key], here, skeleton, size=5.5 if several else 7)
            axes.set_title(_describe(*key, row), fontsize=7, fontweight="normal")
        style.name_keypoints(drawn, skeleton)


def _fates(points: pd.DataFrame) -> np.ndarray:
    """Of each row, whether its animal is `missed`, `spurious`, or neither (empty)."""
    labelled, seen = (
        points[name].notna().groupby([points[key] for key in ANIMAL]).transform("any") for name in ("true_x", "x")
    )
    return np.select([labelled & ~seen, residuals.spurious(points["individual"])], ["missed", "spurious"], "")


def _ranked(points: pd.DataFrame) -> pd.DataFrame:
    """Mean error (px) and how many animals are missed and spurious, by (video, frame), the worst first."""
    lost = points["fate"] != ""
    counted = points["error"].where(~lost, residuals.body_length(residuals.scored(points)) if lost.any() else np.nan)
    frame = [points["video"], points["frame"]]
    table = pd.DataFrame({"rank": counted.groupby(frame).mean(), "error": points["error"].groupby(frame).mean()})
    for fate in COLORS:
        animals = points[points["fate"] == fate].drop_duplicates(ANIMAL).groupby(ANIMAL[:2]).size()
        table[fate] = animals.reindex(table.index, fill_value=0)
    return table.dropna(subset="rank").sort_values("rank", ascending=False, kind="stable")


def _describe(video: str, frame: int, row: pd.Series) -> str:
    video = video if len(video) <= 22 else f"{video[:21]}…"
    error = f"{row['error']:.1f} px" if np.isfinite(row["error"]) else ""
    animals = [f"{int(row[fate])} {fate}" for fate in COLORS if row[fate]]
    name = f"{video}, frame {frame}:"
    said = ", ".join([*([error] if error else []), *animals])
    return f"{name} {said}" if not animals else f"{name}\n{said}"


def _draw(axes: Axes, image: np.ndarray, points: pd.DataFrame, skeleton: Skeleton, *, size: float) -> None:
    """One image, cut to a square around all labels and predictions of the frame; rings of `size` points."""
    style.show_image(axes, image)
    colors = dict(zip(skeleton.keypoints, keypoint_colors(len(skeleton.keypoints)), strict=True))
    for point in points.itertuples():
        color = colors[point.keypoint]
        axes.plot([point.true_x, point.x], [point.true_y, point.y], color="white", linewidth=0.9)
        axes.plot(
            point.true_x, point.true_y, "o", markersize=size, markerfacecolor="none", color=color, markeredgewidth=1.2
        )
        axes.plot(point.x, point.y, "x", markersize=0.65 * size, color=color, markeredgewidth=1.4)
    for fate, color in COLORS.items():
        for _, animal in points[points["fate"] == fate].groupby("individual"):
            _box(axes, _places(animal), fate, color)
    crops.cut(axes, _places(points), image)


def _places(points: pd.DataFrame) -> np.ndarray:
    """All places of labels and predictions, f64[2 n, 2] px."""
    return points[["true_x", "true_y", "x", "y"]].to_numpy(np.float64).reshape(-1, 2)


def _box(axes: Axes, places: np.ndarray, text: str, color: str) -> None:
    """A box about an animal, with a word on it."""
    low, high = np.nanmin(places, axis=0) - MARGIN, np.nanmax(places, axis=0) + MARGIN
    dashes = (0, (3, 2)) if text == "missed" else "-"
    axes.add_patch(Rectangle(low, *(high - low), fill=False, edgecolor=color, linewidth=1.3, linestyle=dashes))
    style.annotate(axes, low, text, color, offset=(1, 2))
