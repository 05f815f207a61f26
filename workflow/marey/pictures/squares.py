"""Squares: the part of an image about one animal, at which a network for a single animal looks (top-down)."""

from collections.abc import Sequence

import numpy as np

from marey.pictures.views import Look, Picture


def box_middles(points: np.ndarray) -> np.ndarray:
    """Compute the middle of the box about each animal's keypoints, f32[..., 2] px; NaN where it has none.

    `points` f32[..., keypoint, 2], (x, y) px, NaN = no position.
    """
    there = np.isfinite(points).all(axis=-1, keepdims=True)
    low, high = (np.where(there, points, end) for end in (np.inf, -np.inf))
    with np.errstate(invalid="ignore"):
        return (low.min(axis=-2) + high.max(axis=-2)) / 2


def anchors(points: np.ndarray, order: Sequence[int] = ()) -> np.ndarray:
    """Compute what the square of each animal is about, f32[..., 2] px; NaN where it has no keypoint.

    `points` f32[..., keypoint, 2], (x, y) px, NaN = no position; `order`: keypoints, the first of which that an animal
    has is its anchor; (): the middle of its box.
    """
    if not len(order):
        return box_middles(points)
    ordered = points[..., list(order), :]
    first = np.isfinite(ordered).all(axis=-1).argmax(axis=-1)  # the first, which is NaN, where there is none
    return np.take_along_axis(ordered, first[..., None, None], axis=-2)[..., 0, :]


def look_at_squares(look: Look, pictures: Sequence[Picture], centres: Sequence[np.ndarray], *, side: int) -> tuple:
    """Look at one square of each image with a network for a single animal.

    Args:
        look: the network.
        pictures: n images.
        centres: f32[2] for each image, (x, y) px of the network's input for the whole image. Squares begin at whole px,
            and may reach beyond the image.
        side: side of the squares, px of the network's input.

    Returns:
        What `look` gives, its points f32[n, keypoint, 2] in (x, y) px of the network's input for the whole image.
    """
    corners = np.round(np.reshape(centres, (-1, 2)) - side / 2).astype(int)
    points, *more = look([picture.window(corner, side) for picture, corner in zip(pictures, corners, strict=True)])
    return points + corners[:, None].astype(np.float32), *more
