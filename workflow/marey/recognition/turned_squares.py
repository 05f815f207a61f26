"""Squares about animals, turned to the animal's own axis, so that an animal looks much the same wherever it heads.

Positions are complex numbers here, x + iy px: a turn is a product with a number of length 1.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image

SIDE = 48  # px of a square
ROUNDS = 10  # of the mean shape
REACH = 2.2  # the side of a square, as a multiple of the distance to the middle that COVERED of the keypoints have
COVERED = 0.75


class Shape(NamedTuple):
    """The mean shape of animals, about its middle and along the x axis.

    `places` c128[keypoint], px, NaN = never seen; `weight` f64[keypoint]: little where a keypoint moves about, as the
    tip of a tail does; `side` px of a square that shows an animal.
    """

    places: np.ndarray
    weight: np.ndarray
    side: float


class Placement(NamedTuple):
    """Where the mean shape lies best on some poses.

    `middle` c128[n]; `turn` c128[n], of length 1, NaN where fewer than two keypoints are seen.
    """

    middle: np.ndarray
    turn: np.ndarray


def learn_shape(points: np.ndarray) -> Shape:
    """Learn the mean shape of poses `points` f32[n, keypoint, 2], (x, y) px, NaN = not seen.

    That is a generalised Procrustes analysis without scaling (Gower 1975), in which keypoints count by how closely they
    keep to the shape.
    """
    z = _complex(points)
    places, weight = z[np.isfinite(z).sum(axis=1).argmax()], np.ones(z.shape[1])
    for _ in range(ROUNDS):
        middle, turn = place_shape(points, Shape(places, weight, 0.0))
        turned = (z - middle[:, None]) / turn[:, None]
        seen = np.isfinite(turned)
        number = seen.sum(axis=0)
        places = np.where(number, np.where(seen, turned, 0).sum(axis=0) / np.maximum(number, 1), np.nan)
        strays = (np.abs(np.where(seen, turned - places, 0)) ** 2).sum(axis=0) / np.maximum(number, 1)
        known = number > 0
        weight = np.where(known, 1 / (strays + np.median(strays[known]) + 1e-6), 0)
        places = places - (weight * np.where(known, places, 0)).sum() / weight.sum()
    axis = np.angle((weight * np.where(known, places, 0) ** 2).sum()) / 2
    places = places * np.exp(-1j * axis)
    return Shape(places, weight, float(REACH * np.quantile(np.abs(places[known]), COVERED)))


def place_shape(points: np.ndarray, shape: Shape) -> Placement:
    """Place a shape on poses `points` f32[n, keypoint, 2], by least squares."""
    z = _complex(points)
    weight = np.where(np.isfinite(z) & np.isfinite(shape.places), shape.weight, 0.0)
    total = np.maximum(weight.sum(axis=1, keepdims=True), 1e-12)
    z, places = np.where(weight > 0, z, 0), np.where(weight > 0, shape.places, 0)
    at, own = ((weight * part).sum(axis=1, keepdims=True) / total for part in (z, places))
    lean = (weight * (z - at) * np.conj(places - own)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        turn = np.where((weight > 0).sum(axis=1) >= 2, lean / np.abs(lean), np.nan)
    return Placement(at[:, 0] - turn * own[:, 0], turn)


def cut_square(image: np.ndarray, middle: complex, turn: complex, *, side: float) -> np.ndarray:
    """Cut the square about `middle` out of an image u8[H, W, 3], turned back by `turn`: u8[SIDE, SIDE, 3].

    `side` px of the image are shown in each direction; what lies beyond the image is black.
    """
    reach = side / np.sqrt(2) + 2
    left, top = (int(np.floor(value - reach)) for value in (middle.real, middle.imag))
    right, bottom = (int(np.ceil(value + reach)) for value in (middle.real, middle.imag))
    # `crop` fills what is outside with black. Where px are many, they are averaged first.
    part = Image.fromarray(image).crop((left, top, right, bottom))
    shrink = max(1, int(side / SIDE))
    part = part.reduce(shrink)
    step, centre = side / SIDE / shrink * turn, (middle - (left + 1j * top)) / shrink
    corner = centre - step * (SIDE / 2) * (1 + 1j)
    affine = (step.real, -step.imag, corner.real, step.imag, step.real, corner.imag)
    return np.asarray(part.transform((SIDE, SIDE), Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR))


def _complex(points: np.ndarray) -> np.ndarray:
    """Return points f32[..., 2] as complex numbers, c128[...]; NaN where either coordinate is."""
    return points[..., 0].astype(np.float64) + 1j * points[..., 1].astype(np.float64)
