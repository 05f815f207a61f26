"""Where the keypoints of one video go: x and y over time, and the animal's path in the plane."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from marey.plots import style
from marey.skeletons import Skeleton
from marey.tables import files, smoothed


def plot_trajectories(
    smoothed_path: str | Path, out: str | Path, *, skeleton: Skeleton, background: np.ndarray | None = None
) -> None:
    """Draw a table `smoothed` to `out`; the path over `background` u8[height, width, 3], a frame of the video."""
    columns = ["video", "frame", "time", "individual", "keypoint", "x", "y"]
    poses = files.read(smoothed_path, smoothed.SCHEMA, columns)
    video = poses["video"].iloc[0] if len(poses) else "no frames"
    with style.figure(out, width=9.5, height=4, title=f"Trajectories: {video}") as drawn:
        left, right = drawn.subfigures(1, 2, width_ratios=[1.2, 1])
        first, second = left.subplots(2, 1, sharex=True)
        path = right.subplots()
        if poses[["x", "y"]].isna().all(axis=None):
            for axes in (first, second):
                axes.axis("off")
            style.note(path, "no positions")
            return
        for axes, name in ((first, "x"), (second, "y")):
            _over_time(axes, poses, name, skeleton)
        first.set_title("Keypoints over time (smoothed; breaks are gaps)")
        second.set_xlabel("time (s)")
        second.invert_yaxis()  # as in the picture: down is down
        _path(path, poses, background)
        style.name_keypoints(left, skeleton)


def _over_time(axes: Axes, poses: pd.DataFrame, name: str, skeleton: Skeleton) -> None:
    colors = style.keypoint_colors(len(skeleton.keypoints))
    for keypoint, color in zip(skeleton.keypoints, colors, strict=True):
        for _, rows in poses[poses["keypoint"] == keypoint].groupby("individual"):
            shown = rows.iloc[style.thin(len(rows))]
            axes.plot(shown["time"], shown[name], color=color, linewidth=0.8, alpha=0.85)
    axes.set(ylabel=f"{name} (px)", xlim=(poses["time"].min(), poses["time"].max() or 1))


def _path(axes: Axes, poses: pd.DataFrame, background: np.ndarray | None) -> None:
    """The middle of each animal's keypoints in the plane, coloured by time."""
    if background is not None:
        # Faded, so that the path stands out on any picture.
        style.show_image(axes, (0.45 * background.astype(np.float32) + 0.55 * 255) / 255)
    span = (poses["time"].min(), poses["time"].max())
    for _, rows in poses.groupby("individual"):
        middle = rows.groupby("time")[["x", "y"]].mean()  # of the keypoints that have a position
        middle = middle.iloc[style.thin(len(middle), 20_000)]
        places = middle.to_numpy(np.float64)
        lines = LineCollection(np.stack([places[:-1], places[1:]], axis=1), cmap="viridis", linewidths=1.1)
        lines.set_array(middle.index[:-1].to_numpy())
        lines.set_clim(*span)
        axes.add_collection(lines)
    if background is None:
        axes.autoscale_view()
        axes.invert_yaxis()
    axes.set(aspect="equal", xlabel="x (px)", ylabel="y (px)")
    axes.set_title("Path (middle of the keypoints)")
    axes.grid(visible=False)
    axes.figure.colorbar(lines, ax=axes, orientation="horizontal", label="time (s)", shrink=0.6, aspect=30)
