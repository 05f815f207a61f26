"""Figure of the test frames with the largest errors, cut to the animals, with labels and predictions."""

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

MAX_WORST_FRAMES, FRAMES_PER_ROW = 12, 4
ANIMAL_KEY = ["video", "frame", "individual"]
FATE_COLORS = {"missed": WARN, "spurious": "#56b4e9"}  # told apart by colour-blind eyes, and by their words
BOX_MARGIN = 10  # px of the video between an animal and the box about it


def plot_worst_frames(
    dataset_path: str | Path, predictions_path: str | Path, out: str | Path, *, skeleton: Skeleton
) -> None:
    """Draw the up to 12 test frames of table `pooled` with the largest mean error.

    Where frames show several animals, each point of an animal that is missed or spurious counts as an error of one body
    length, and such animals are boxed.

    Args:
        dataset_path: table `dataset`, which holds the images.
        predictions_path: table `pooled` of the fold.
        out: the PNG that is written.
        skeleton: its keypoints are drawn.
    """
    points = files.read(predictions_path, POOLED)
    points = points[points["part"] == "test"].reset_index(drop=True)
    several = residuals.shows_several(points)
    points = residuals.judged_points(points)
    points = points.assign(error=residuals.distances(points), fate=_fates(points) if several else "")
    table = _ranked(points)
    worst = table.head(MAX_WORST_FRAMES)
    rows = max(1, -(-len(worst) // FRAMES_PER_ROW))
    title = f"Worst {len(worst)} of {len(table)} test frames (ring: label, cross: prediction)"
    if several:
        title += "\nboxes: missed (labelled, matched by no prediction) and spurious animals (predicted, match no label)"
    height = 2.45 * rows + (0.75 if several else 0.6) + style.key_height(skeleton.keypoints, 9)
    with style.figure(out, width=9, height=height, title=title) as drawn:
        if worst.empty:
            style.show_note(drawn.subplots(), "no test frames with predictions")
            return
        images = crops.labelled_images(dataset_path, worst.index)
        for axes, (key, row) in zip(
            style.image_grid(drawn, len(worst), columns=FRAMES_PER_ROW), worst.iterrows(), strict=True
        ):
            here = points[(points["video"] == key[0]) & (points["frame"] == key[1])]
            _draw(axes, images[key], here, skeleton, size=5.5 if several else 7)
            axes.set_title(_describe(*key, row), fontsize=7, fontweight="normal")
        style.keypoint_key(drawn, skeleton)


def _fates(points: pd.DataFrame) -> np.ndarray:
    """Say of each row whether its animal is `missed`, `spurious`, or neither (empty)."""
    labelled, seen = (
        points[name].notna().groupby([points[key] for key in ANIMAL_KEY]).transform("any") for name in ("true_x", "x")
    )
    return np.select([labelled & ~seen, residuals.is_spurious(points["individual"])], ["missed", "spurious"], "")


def _ranked(points: pd.DataFrame) -> pd.DataFrame:
    """Compute the mean error (px) and how many animals are missed and spurious, by (video, frame), the worst first."""
    lost = points["fate"] != ""
    counted = points["error"].where(
        ~lost, residuals.body_length(residuals.scored_points(points)) if lost.any() else np.nan
    )
    frame = [points["video"], points["frame"]]
    table = pd.DataFrame({"rank": counted.groupby(frame).mean(), "error": points["error"].groupby(frame).mean()})
    for fate in FATE_COLORS:
        animals = points[points["fate"] == fate].drop_duplicates(ANIMAL_KEY).groupby(ANIMAL_KEY[:2]).size()
        table[fate] = animals.reindex(table.index, fill_value=0)
    return table.dropna(subset="rank").sort_values("rank", ascending=False, kind="stable")


def _describe(video: str, frame: int, row: pd.Series) -> str:
    video = video if len(video) <= 22 else f"{video[:21]}…"
    error = f"{row['error']:.1f} px" if np.isfinite(row["error"]) else ""
    animals = [f"{int(row[fate])} {fate}" for fate in FATE_COLORS if row[fate]]
    name = f"{video}, frame {frame}:"
    said = ", ".join([*([error] if error else []), *animals])
    return f"{name} {said}" if not animals else f"{name}\n{said}"


def _draw(axes: Axes, image: np.ndarray, points: pd.DataFrame, skeleton: Skeleton, *, size: float) -> None:
    """Draw one image, cut to a square around all labels and predictions of the frame; rings of `size` points."""
    style.show_image(axes, image)
    colors = dict(zip(skeleton.keypoints, keypoint_colors(len(skeleton.keypoints)), strict=True))
    for point in points.itertuples():
        color = colors[point.keypoint]
        axes.plot([point.true_x, point.x], [point.true_y, point.y], color="white", linewidth=0.9)
        axes.plot(
            point.true_x, point.true_y, "o", markersize=size, markerfacecolor="none", color=color, markeredgewidth=1.2
        )
        axes.plot(point.x, point.y, "x", markersize=0.65 * size, color=color, markeredgewidth=1.4)
    for fate, color in FATE_COLORS.items():
        for _, animal in points[points["fate"] == fate].groupby("individual"):
            _box(axes, _places(animal), fate, color)
    crops.crop_axes(axes, _places(points), image)


def _places(points: pd.DataFrame) -> np.ndarray:
    """All places of labels and predictions, f64[2 n, 2] px."""
    return points[["true_x", "true_y", "x", "y"]].to_numpy(np.float64).reshape(-1, 2)


def _box(axes: Axes, places: np.ndarray, text: str, color: str) -> None:
    """Draw a box about an animal, with a word on it."""
    low, high = np.nanmin(places, axis=0) - BOX_MARGIN, np.nanmax(places, axis=0) + BOX_MARGIN
    dashes = (0, (3, 2)) if text == "missed" else "-"
    axes.add_patch(Rectangle(low, *(high - low), fill=False, edgecolor=color, linewidth=1.3, linestyle=dashes))
    style.annotate(axes, low, text, color, offset=(1, 2))
