"""The test frames with the largest errors, cut to the animal, with label and prediction."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from marey.plots import style
from marey.skeletons import Skeleton
from marey.tables import dataset, files, predictions

FRAMES, COLUMNS = 12, 4
MARGIN = 0.25  # of the animal's size, around it


def plot_worst_frames(
    dataset_path: str | Path, predictions_path: str | Path, out: str | Path, *, skeleton: Skeleton
) -> None:
    """Draw the up to 12 test frames of table `predictions` with the largest mean error to `out`.

    Their pictures are those of table `dataset`.
    """
    points = files.read(predictions_path, predictions.SCHEMA)
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
        images = _images(dataset_path, worst.index)
        for axes, (key, value) in zip(style.sheet(drawn, len(worst), columns=COLUMNS), worst.items(), strict=True):
            here = points[(points["video"] == key[0]) & (points["frame"] == key[1])]
            _draw(axes, images[key], here, skeleton)
            video = key[0] if len(key[0]) <= 22 else f"{key[0][:21]}…"
            axes.set_title(f"{video}, frame {key[1]}: {value:.1f} px", fontsize=7, fontweight="normal")
        style.name_keypoints(drawn, skeleton)


def _images(path: str | Path, keys: pd.Index) -> dict[tuple[str, int], np.ndarray]:
    """The pictures of the frames `keys`, one row group at a time."""
    wanted, found = set(keys), {}
    for batch in files.open_table(path, dataset.SCHEMA).iter_batches(
        batch_size=64, columns=["video", "frame", "image"]
    ):
        for row in batch.to_pylist():
            key = (row["video"], row["frame"])
            if key in wanted:
                found[key] = style.decode(row["image"])
    missing = sorted(wanted - set(found))
    if missing:
        video, frame = missing[0]
        raise files.TableError(f"{path}: frame {frame} of video '{video}' is missing. Run `pack_dataset` again.")
    return found


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
    places = places[np.isfinite(places).all(axis=1)]
    low, high = places.min(axis=0), places.max(axis=0)
    middle, reach = (low + high) / 2, max((high - low).max() * (0.5 + MARGIN), 24)
    size = np.array(image.shape[1::-1])
    # Moved into the picture where it fits, so that most crops are whole squares.
    middle = np.where(size > 2 * reach, np.clip(middle, reach, np.maximum(size - reach, reach)), middle)
    axes.set(xlim=(middle[0] - reach, middle[0] + reach), ylim=(middle[1] + reach, middle[1] - reach))
