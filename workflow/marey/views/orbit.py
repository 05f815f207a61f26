"""Poses in space as a camera sees them that turns about them slowly: with a floor below, to see what is deep."""

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from marey.experiment.skeletons import Skeleton
from marey.multiview.cameras import Camera, project
from marey.multiview.upright import Upright

TURN = np.radians(15.0)  # a second
ELEVATION = np.radians(25.0)
DISTANCE = 5.0  # radii of what is shown, from which it is seen: near enough to show what is deep
FILLED = 0.46  # of the image, that a radius takes
STEADY = 1.0  # s over which the middle of what is shown is smoothed
NEARLY_ALL = 0.98  # of the points, that are within the radius
FLOOR = 0.02  # of the heights of points, that are below the floor
BACKGROUND, GRID, SHADOW = (240, 240, 240), (205, 205, 205), (176, 176, 176)
GRID_CELLS = 3  # about so many between the middle and the end of the grid
SUPERSAMPLING = 2  # drawn this much larger and scaled down: smooth edges


class Stage(NamedTuple):
    """What is shown of a clip."""

    world: Upright
    middle: np.ndarray  # f64[time, 3], unit of the calibration
    radius: float  # of what is shown around it
    floor: float  # height of it
    spacing: float  # of the grid on it


def build_stage(points: np.ndarray, time: np.ndarray, world: Upright) -> Stage:
    """Find what is to be shown.

    Args:
        points: f64[time, individual, keypoint, 3], NaN = no position.
        time: f64[time], s.
        world: which way is up.

    Returns:
        The stage.
    """
    flat = points.reshape(len(points), -1, 3)
    known = np.isfinite(flat[..., 0])
    there = known.any(axis=1)
    if not there.any():
        return Stage(world, np.zeros((len(time), 3)), 1.0, 0.0, 1.0)
    middle = np.where(known[..., None], flat, 0.0).sum(axis=1)[there] / known.sum(axis=1)[there, None]
    middle = np.stack([np.interp(time, time[there], values) for values in middle.T], axis=1)
    middle = _steady(middle, time)
    away = np.linalg.norm(flat - middle[:, None], axis=2)[known]
    radius = max(float(np.quantile(away, NEARLY_ALL)), 1e-9)
    floor = float(np.quantile((flat @ world.axes[2])[known], FLOOR))
    return Stage(world, middle, radius, floor, round_length(radius / GRID_CELLS))


def round_length(length: float) -> float:
    """Return the number 1, 2 or 5 times a power of ten that is nearest to a length."""
    power = 10.0 ** np.floor(np.log10(length))
    return float(power * min((1, 2, 5, 10), key=lambda step: abs(np.log(length / power / step))))


def orbiting_camera(stage: Stage, at: int, seconds: float, size: int) -> Camera:
    """Place the camera that looks at the stage.

    Args:
        stage: what is shown.
        at: index of the time.
        seconds: since the clip began: how far it has turned.
        size: width and height of its image, px.

    Returns:
        The camera.
    """
    azimuth = TURN * seconds - np.pi / 2
    away = np.array([np.cos(ELEVATION) * np.cos(azimuth), np.cos(ELEVATION) * np.sin(azimuth), np.sin(ELEVATION)])
    forward = -(away @ stage.world.axes)
    right = np.cross(forward, stage.world.axes[2])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    focal = FILLED * size * DISTANCE
    matrix = np.array([[focal, 0, size / 2], [0, focal, size / 2], [0, 0, 1]])
    centre = stage.middle[at] - DISTANCE * stage.radius * forward
    return Camera("orbit", (size, size), "pinhole", matrix, np.zeros(5), rotation, -rotation @ centre)


def draw_stage(camera: Camera, stage: Stage, at: int, pose: np.ndarray, skeleton: Skeleton) -> Image.Image:
    """Draw the floor with its grid, and on it the shadows of animals.

    Args:
        camera: the camera of `orbiting_camera`.
        stage: what is shown.
        at: index of the time.
        pose: f64[individual, keypoint, 3] then; NaN = no position.
        skeleton: the lines between keypoints.

    Returns:
        The image, RGB.
    """
    size = camera.size[0]
    image = Image.new("RGB", (size * SUPERSAMPLING, size * SUPERSAMPLING), BACKGROUND)
    pen = ImageDraw.Draw(image)
    unit = SUPERSAMPLING * max(1.0, size / 360)
    for line in _grid(stage, at):
        _line(pen, project(camera, line), GRID, width=round(0.7 * unit))
    shadows = pose + (stage.floor - pose @ stage.world.axes[2])[..., None] * stage.world.axes[2]
    seen = project(camera, shadows)
    for animal in seen:
        for a, b in skeleton.edges:
            _line(pen, animal[[a, b]], SHADOW, width=round(2 * unit))
        for x, y in SUPERSAMPLING * animal[np.isfinite(animal[:, 0])]:
            pen.ellipse([x - 2 * unit, y - 2 * unit, x + 2 * unit, y + 2 * unit], fill=SHADOW)
    return image.reduce(SUPERSAMPLING)


def _steady(middle: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Smooth places f64[time, 3] over STEADY s."""
    step = float(np.median(np.diff(time))) if len(time) > 1 else STEADY
    half = min(max(0, round(STEADY / step / 2)), len(time) - 1)
    padded = np.pad(middle, ((half, half), (0, 0)), mode="edge")
    total = np.cumsum(np.concatenate([np.zeros((1, 3)), padded]), axis=0)
    return (total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)


def _grid(stage: Stage, at: int) -> list[np.ndarray]:
    """Lines f64[2, 3] in the world of a grid on the floor, which stands still while what is shown moves over it."""
    around = stage.middle[at] @ stage.world.axes.T
    reach = 2 * stage.radius
    lines = []
    for axis, other in ((0, 1), (1, 0)):
        first = np.ceil((around[axis] - reach) / stage.spacing)
        for step in np.arange(first, np.floor((around[axis] + reach) / stage.spacing) + 1):
            ends = np.empty((2, 3))
            ends[:, axis] = step * stage.spacing
            ends[:, other] = around[other] - reach, around[other] + reach
            ends[:, 2] = stage.floor
            lines.append(ends @ stage.world.axes)
    return lines


def _line(pen: ImageDraw.ImageDraw, ends: np.ndarray, color: tuple, *, width: int) -> None:
    if np.isfinite(ends).all():
        pen.line([*(SUPERSAMPLING * ends).ravel().tolist()], fill=color, width=max(1, width))
