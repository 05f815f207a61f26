"""Figure of where keypoints or animals of one video go: x and y over time, and the paths in the plane."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from marey.experiment.skeletons import Skeleton
from marey.tables import files
from marey.tables.smoothed import SMOOTHED
from marey.tables.tracks import UNIQUE
from marey.views.colors import INK, individual_colors, keypoint_colors
from marey.views.plots import style

WIDTH, LEFT_WIDTH = 9.5, 5.2  # of the figure, and of what is drawn over time, inches


def plot_trajectories(
    smoothed_path: str | Path, out: str | Path, *, skeleton: Skeleton, background: np.ndarray | None = None
) -> None:
    """Draw a table `smoothed` over time and in the plane.

    Of a single animal all keypoints are shown over time, and the path is coloured by time. Of several it is the middle
    of each animal, in its colour, and where objects (the individual `unique`) lie.

    Args:
        smoothed_path: the table.
        out: the PNG that is written.
        skeleton: its keypoints are drawn.
        background: u8[height, width, 3], a frame of the video that the paths are drawn on; None: none.
    """
    columns = ["video", "frame", "time", "individual", "keypoint", "x", "y"]
    poses = files.read(smoothed_path, SMOOTHED, columns)
    video = poses["video"].iloc[0] if len(poses) else "no frames"
    colors = individual_colors(set(poses["individual"]))
    named = list(colors) if len(colors) > 1 else skeleton.keypoints
    height = 4 + style.key_height(named, LEFT_WIDTH)
    with style.figure(out, width=WIDTH, height=height, title=f"Trajectories: {video}") as drawn:
        left, right = drawn.subfigures(1, 2, width_ratios=[LEFT_WIDTH, WIDTH - LEFT_WIDTH])
        first, second = left.subplots(2, 1, sharex=True)
        path = right.subplots()
        if poses[["x", "y"]].isna().all(axis=None):
            for axes in (first, second):
                axes.axis("off")
            style.show_note(path, "no positions")
            return
        second.set_xlabel("time (s)")
        _background(path, background)
        if len(colors) > 1:
            _several(first, second, path, poses, colors)
            style.individual_key(left, colors)
        else:
            for axes, name in ((first, "x"), (second, "y")):
                _over_time(axes, poses, name, skeleton)
            first.set_title("Keypoints over time (smoothed; breaks are gaps)")
            _path(path, poses)
            style.keypoint_key(left, skeleton)
        second.invert_yaxis()  # as in the image: down is down
        if background is None:
            path.autoscale_view()
            path.invert_yaxis()


def _over_time(axes: Axes, poses: pd.DataFrame, name: str, skeleton: Skeleton) -> None:
    colors = keypoint_colors(len(skeleton.keypoints))
    for keypoint, color in zip(skeleton.keypoints, colors, strict=True):
        for _, rows in poses[poses["keypoint"] == keypoint].groupby("individual"):
            shown = rows.iloc[style.thin(len(rows))]
            axes.plot(shown["time"], shown[name], color=color, linewidth=0.8, alpha=0.85)
    axes.set(ylabel=f"{name} (px)", xlim=(poses["time"].min(), poses["time"].max() or 1))


def _background(axes: Axes, background: np.ndarray | None) -> None:
    if background is not None:
        # Faded, so that the path stands out on any image.
        style.show_image(axes, (0.45 * background.astype(np.float32) + 0.55 * 255) / 255)
    axes.set(aspect="equal", xlabel="x (px)", ylabel="y (px)")
    axes.grid(visible=False)


def _path(axes: Axes, poses: pd.DataFrame) -> None:
    """Draw the middle of the animal's keypoints in the plane, coloured by time."""
    middle = poses.groupby("time")[["x", "y"]].mean()  # of the keypoints that have a position
    middle = middle.iloc[style.thin(len(middle), 20_000)]
    places = middle.to_numpy(np.float64)
    lines = LineCollection(np.stack([places[:-1], places[1:]], axis=1), cmap="viridis", linewidths=1.1)
    lines.set_array(middle.index[:-1].to_numpy())
    lines.set_clim(poses["time"].min(), poses["time"].max())
    axes.add_collection(lines)
    axes.set_title("Path (middle of the keypoints)")
    axes.figure.colorbar(lines, ax=axes, orientation="horizontal", label="time (s)", shrink=0.6, aspect=30)


def _several(first: Axes, second: Axes, path: Axes, poses: pd.DataFrame, colors: dict[str, str]) -> None:
    """Draw the middle of each animal, x over time, y over time and in the plane; the places of objects in the plane."""
    objects = poses["individual"] == UNIQUE
    middles = poses[~objects].groupby(["individual", "time"])[["x", "y"]].mean()
    for name, color in colors.items():
        if name == UNIQUE:
            continue
        middle = middles.loc[name]
        shown = middle.iloc[style.thin(len(middle))]
        for axes, column in ((first, "x"), (second, "y")):
            axes.plot(shown.index, shown[column], color=color, linewidth=0.9, alpha=0.9)
        shown = middle.iloc[style.thin(len(middle), 20_000)]
        path.plot(shown["x"], shown["y"], color=color, linewidth=0.9, alpha=0.9)
        path.plot(*middle.dropna().tail(1).to_numpy().T, "o", color=color, markersize=5, markeredgecolor="white")
    for keypoint, place in poses[objects].groupby("keypoint")[["x", "y"]].median().dropna().iterrows():
        path.plot(*place, "x", color=INK, markersize=5)
        path.annotate(keypoint, place, xytext=(4, 3), textcoords="offset points", fontsize=6.5)
    for axes, column in ((first, "x"), (second, "y")):
        axes.set(ylabel=f"{column} (px)", xlim=(poses["time"].min(), poses["time"].max() or 1))
    first.set_title("Middle of each animal over time (smoothed; breaks are gaps)")
    path.set_title("Paths (middle of the keypoints; dot: end)")
