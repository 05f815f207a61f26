"""Which way is up in the world of a rig, for pictures that should not stand on their head.

A calibration by a board that lies on the floor says it; one in the axes of the first camera does not. Photographers
hold cameras upright and look down rather than up, so that the mean of what is up in the images, and of where cameras
look away from, points upwards.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from marey.multiview.cameras import Camera

SNAP = 0.82  # cosine, of 35 degrees: an axis of the world that is so near is meant


class Upright(NamedTuple):
    """Axes of the world to look along, right-handed."""

    axes: np.ndarray  # f64[3, 3], rows: to the right, into the depth, up; of length 1
    names: tuple[str, str, str]  # such as x, -z; "" where none of the world's axes is meant


def upright(cameras: Sequence[Camera]) -> Upright:
    """Find which way is up in the world of these cameras."""
    said = sum((-camera.rotation[1] - camera.rotation[2] for camera in cameras), np.zeros(3))
    length = np.linalg.norm(said)
    up = said / length if length > 0 else np.array([0.0, 0.0, 1.0])
    nearest = int(np.abs(up).argmax())
    in_a_camera = any(np.allclose(camera.rotation, np.eye(3)) for camera in cameras)  # whose axes mean nothing here
    if abs(up[nearest]) > SNAP and not in_a_camera:
        up = np.sign(up[nearest]) * np.eye(3)[nearest]
    along = np.eye(3)[int(np.abs(up[:2]).argmin())]
    right = along - (along @ up) * up
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(up, right), up])
    return Upright(axes, tuple(map(_name, axes)))


def _name(axis: np.ndarray) -> str:
    at = int(np.abs(axis).argmax())
    return ("-" if axis[at] < 0 else "") + "xyz"[at] if abs(axis[at]) > 1 - 1e-9 else ""
