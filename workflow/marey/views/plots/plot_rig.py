"""Figure of a rig: where its cameras stand and look, and where the animals go, from above and from the side."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator
from scipy.spatial import ConvexHull, QhullError

from marey.experiment.skeletons import Skeleton
from marey.multiview.cameras import Camera, read_cameras
from marey.multiview.upright import Upright, upright
from marey.tables import files
from marey.tables.cameras import CAMERAS
from marey.tables.tracks import UNIQUE
from marey.views.colors import INK, MUTED, PALE, individual_colors
from marey.views.fonts import readable, short_name
from marey.views.plots import style
from marey.views.space import read_thinned

MOST_TIMES = 10_000  # of a path
MIN_PLACED = 0.75  # of an animal's keypoints, where its middle is to be told: that of few would leap
SIGHT = 0.22  # length of the wedge that a camera looks along, of the largest distance in the rig
SIDES = (("from above", (0, 1)), ("from the side", (0, 2)))
SMALL = 0.04  # of a plot: a path that takes less of it is marked by a ring
NAME_SIZE = 7  # points
ROOM_FOR_NAMES = 0.12  # about cameras, of what is drawn


class Walk(NamedTuple):
    """Where an animal goes, in axes that stand upright: right, depth, up."""

    path: np.ndarray  # f64[time, 3], the middle of its keypoints, NaN where too few have a position
    time: np.ndarray  # f64[time], s
    pose: np.ndarray  # f64[keypoint, 3], its last, NaN = no position


def plot_rig(
    cameras_path: str | Path, poses_path: str | Path, out: str | Path, *, session: str, skeleton: Skeleton
) -> None:
    """Draw the cameras with what they look along, and the paths of the animals, small among them and enlarged below.

    Args:
        cameras_path: the table `cameras` of the session.
        poses_path: its table `poses3d`.
        out: the PNG that is written.
        session: its id.
        skeleton: the keypoints and the lines between them, that the last pose of each animal is drawn by.
    """
    cameras = read_cameras(cameras_path)
    unit = files.read(cameras_path, CAMERAS, ["unit"])["unit"].iloc[0]
    world = upright(cameras)
    walks = read_walks(poses_path, world, skeleton)
    colors = individual_colors(set(walks))
    with style.figure(out, width=9, height=8, title=f"Rig: {session}") as drawn:
        grid = drawn.subplots(2, 2)
        lines = None
        for (about, axes), rig, near in zip(SIDES, *grid, strict=True):
            _draw_cameras(rig, cameras, world, axes, walks)
            for plot, title in ((rig, "Cameras and paths"), (near, "Paths and last pose")):
                lines = _draw_paths(plot, walks, axes, colors) or lines
                plot.set_title(f"{title}, {about}")
                _label(plot, world, axes, unit)
            _draw_poses(near, walks, axes, colors, skeleton)
            _widen(rig, ROOM_FOR_NAMES)
        if not walks:
            for plot in grid[1]:
                plot.clear()
                style.show_note(plot, "no positions")
        if lines is not None:
            drawn.colorbar(lines, ax=list(grid[1]), orientation="horizontal", label="time (s)", shrink=0.4, aspect=40)
        elif walks:
            style.individual_key(drawn, colors)
        drawn.draw_without_rendering()  # names need to know where everything is
        centres = np.stack([camera.centre for camera in cameras]) @ world.axes.T
        for (_, axes), rig in zip(SIDES, grid[0], strict=True):
            _mark_small(rig, walks, axes)
            _write_names(rig, centres[:, list(axes)], [camera.name for camera in cameras])


def read_walks(poses_path: str | Path, world: Upright, skeleton: Skeleton) -> dict[str, Walk]:
    """Read where each animal goes that has a position; of a long session not all times."""
    rows = read_thinned(poses_path, ["time", "individual", "keypoint", *"xyz"], times=MOST_TIMES)
    rows = rows[rows["individual"].ne(UNIQUE) & rows["keypoint"].isin(skeleton.keypoints)]
    walks = {}
    for name, own in rows.groupby("individual"):
        time, tick = np.unique(own["time"], return_inverse=True)
        places = np.full((len(time), len(skeleton.keypoints), 3), np.nan)
        places[tick, own["keypoint"].map(skeleton.keypoints.index)] = own[list("xyz")].to_numpy(float) @ world.axes.T
        placed = np.isfinite(places[..., 0]).sum(axis=1)
        whole = np.flatnonzero(placed >= max(1, MIN_PLACED * placed.max()))
        if len(whole):
            path = np.full((len(time), 3), np.nan)
            path[whole] = np.nanmean(places[whole], axis=1)
            walks[name] = Walk(path, time, places[whole[-1]])
    return walks


def _draw_paths(plot: Axes, walks: dict[str, Walk], axes: tuple[int, int], colors: dict[str, str]):
    """Draw the paths: of one animal coloured by time, whose lines are returned; of several each in its colour."""
    if len(walks) == 1:
        (walk,) = walks.values()
        places = walk.path[:, axes]
        lines = LineCollection(np.stack([places[:-1], places[1:]], axis=1), cmap="viridis", linewidths=1.1, zorder=2)
        lines.set_array(walk.time[:-1])
        plot.add_collection(lines)
        plot.autoscale_view()
        return lines
    for name, walk in walks.items():
        plot.plot(*walk.path[:, axes].T, color=colors[name], linewidth=0.9, alpha=0.9, zorder=2)
    return None


def _draw_poses(plot: Axes, walks: dict[str, Walk], axes: tuple[int, int], colors: dict[str, str], skeleton) -> None:
    for name, walk in walks.items():
        color = colors[name] if len(walks) > 1 else INK
        places = walk.pose[:, axes]
        for a, b in skeleton.edges:
            plot.plot(*places[[a, b]].T, color=color, linewidth=1.4, zorder=4, solid_capstyle="round")
        plot.plot(*places.T, "o", color=color, markersize=3.5, markeredgecolor="white", markeredgewidth=0.5, zorder=5)


def _draw_cameras(
    plot: Axes, cameras: list[Camera], world: Upright, axes: tuple[int, int], walks: dict[str, Walk]
) -> None:
    centres = np.stack([camera.centre for camera in cameras]) @ world.axes.T
    middle = np.nanmedian(np.concatenate([walk.path for walk in walks.values()] or [centres]), axis=0)
    reach = SIGHT * np.linalg.norm(centres - middle, axis=1).max()
    for camera, centre in zip(cameras, centres, strict=True):
        wedge = np.concatenate([centre[None], centre + reach * _sight(camera) @ world.axes.T])[:, axes]
        plot.fill(*_outline(wedge).T, facecolor=PALE, edgecolor=MUTED, alpha=0.45, linewidth=0.6, zorder=1)
        plot.plot(*wedge[0], "s", color=INK, markersize=4, zorder=3)


def _sight(camera: Camera) -> np.ndarray:
    """Directions in the world f64[4, 3], of length 1 along the axis, to the corners of the image, without the lens."""
    width, height = camera.size if all(camera.size) else 2 * camera.matrix[:2, 2]  # not all calibrations say the size
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]]) @ np.linalg.inv(camera.matrix).T
    return corners @ camera.rotation


def _outline(places: np.ndarray) -> np.ndarray:
    """The corners f64[n, 2] of the smallest convex area about some places."""
    try:
        return places[ConvexHull(places).vertices]
    except QhullError:  # they lie on a line
        return places


def _widen(plot: Axes, share: float) -> None:
    """Leave room about what is drawn; Matplotlib gives margins up where it makes both axes of one scale."""
    room = share * max(plot.dataLim.width, plot.dataLim.height)
    plot.update_datalim(plot.dataLim.get_points() + np.array([[-room], [room]]))
    plot.autoscale_view()


def _label(plot: Axes, world: Upright, axes: tuple[int, int], unit: str) -> None:
    across, upwards = (world.names[axis] or ("along the floor" if axis < 2 else "upwards") for axis in axes)
    plot.set(aspect="equal", xlabel=f"{across} ({unit})", ylabel=f"{upwards} ({unit})", adjustable="datalim")
    plot.xaxis.set_major_locator(MaxNLocator(7, prune="upper"))  # its last number would stick out of the figure


def _mark_small(plot: Axes, walks: dict[str, Walk], axes: tuple[int, int]) -> None:
    """Put a ring about paths that are too small to be seen."""
    width = np.ptp(plot.get_xlim())
    places = np.concatenate([walk.path[:, axes] for walk in walks.values()] or [np.full((1, 2), np.nan)])
    if np.isfinite(places).any() and np.nanmax(np.ptp(places[np.isfinite(places[:, 0])], axis=0)) < SMALL * width:
        plot.plot(*np.nanmedian(places, axis=0), "o", markersize=9, markerfacecolor="none", color=INK, zorder=3)


def _write_names(plot: Axes, places: np.ndarray, names: list[str]) -> None:
    """Write names beside places f64[n, 2] in data coordinates, where they are least in each other's way."""
    points = plot.transData.transform(places) * 72 / plot.figure.dpi
    middle, taken = points.mean(axis=0), [(*point - 3, *point + 3) for point in points]
    for name, place, point in zip(names, places, points, strict=True):
        text = readable(short_name(name))
        size = np.array([0.6 * NAME_SIZE * len(text), 1.2 * NAME_SIZE])
        away = (point - middle) / max(np.linalg.norm(point - middle), 1e-9)
        offsets = [turn * (6 + size / 2) for turn in np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])]
        offsets.sort(key=lambda offset: -float(offset @ away / np.linalg.norm(offset)))
        boxes = [(*(point + offset - size / 2), *(point + offset + size / 2)) for offset in offsets]
        best = min(range(len(boxes)), key=lambda index: (_overlaps(boxes[index], taken), index))
        taken.append(boxes[best])
        options = {"textcoords": "offset points", "fontsize": NAME_SIZE, "ha": "center", "va": "center", "zorder": 6}
        plot.annotate(text, place, xytext=offsets[best], **options).set_in_layout(False)


def _overlaps(box: tuple, others: list[tuple]) -> int:
    return sum(box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3] for other in others)
