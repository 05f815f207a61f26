"""How far what two cameras see is from being one point: the distance from each other's epipolar lines.

The distance is that of Sampson, to first order the root of the sum of squares of how far the two places have to be
moved (Hartley & Zisserman 2004, section 11.4.3), on the planes z = 1 of the cameras, times their focal length.
"""

from typing import NamedTuple

import numpy as np

from marey.multiview.cameras import Camera, undistort


class Directions(NamedTuple):
    """What a camera sees, as places on its plane z = 1."""

    camera: Camera
    place: np.ndarray  # f64[..., 2], NaN = not seen
    sigma: np.ndarray  # f64[...], of the places there

    def at(self, index) -> "Directions":
        """Return those at an index along the first axis."""
        return Directions(self.camera, self.place[index], self.sigma[index])


def directions(camera: Camera, seen: np.ndarray, sigma: np.ndarray) -> Directions:
    """Make directions of what is seen, f64[..., 2] px, and sigma f64[...] px."""
    return Directions(camera, undistort(camera, seen), sigma / focal_length(camera))


def focal_length(camera: Camera) -> float:
    """Return the mean of both focal lengths, px."""
    return float(camera.matrix[0, 0] + camera.matrix[1, 1]) / 2


def distance(one: Directions, other: Directions) -> np.ndarray:
    """Compute how far two views are from seeing the same, in standard deviations, f64[...]; NaN where one sees nothing.

    The arrays of both are broadcast against each other. Under noise alone it is spread as a normal deviate.
    """
    essential = _essential(one.camera, other.camera)
    first, second = (np.concatenate([part.place, np.ones_like(part.place[..., :1])], -1) for part in (one, other))
    line, other_line = first @ essential.T, second @ essential  # of the first in the other's image, and the reverse
    value = (second * line).sum(axis=-1)
    variance = (line[..., :2] ** 2).sum(axis=-1) * other.sigma**2
    variance = variance + (other_line[..., :2] ** 2).sum(axis=-1) * one.sigma**2
    return value / np.sqrt(np.maximum(variance, 1e-300))


def _essential(one: Camera, other: Camera) -> np.ndarray:
    """The matrix E for which y' E x = 0, of places x of one camera and y of the other that are of the same point."""
    turn = other.rotation @ one.rotation.T
    x, y, z = other.translation - turn @ one.translation
    return np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]) @ turn
