"""The anchor: the place of an animal that a locator finds and that squares are cut about, chosen from the labels.

The middle of the box about all keypoints makes the smallest squares. But boxes of animals that lie on each other have
one middle: of mice in a home cage, 8.5 % have a neighbour whose middle is within a quarter of a length, where a locator
mostly sees one animal; of their left haunches it is 0.5 %, in squares 1.27 times as large. The mean of the keypoints
was tried and is no better than the middle (9.1 %; birds 2.0 instead of 0 %).
"""

import numpy as np

from marey.labels import dataset
from marey.pictures import squares

CROWDED = 0.25  # of the animals' extent: where a neighbour's anchor is nearer, one of two peaks is mostly lost
MIN_PRESENCE = 0.85  # of the animals in which a keypoint is labelled; in others the nearest keypoint stands for it
MAX_SIDE = 1.5  # of squares, as a multiple of those about the middles of boxes: their time goes with the area
TOLERANCE = 0.01  # of the animals that are crowded: what is no worse by more makes smaller squares


def choose_anchor(points: np.ndarray) -> tuple[int, ...]:
    """Choose the anchor that keeps animals apart.

    Of the middle of the box and of the keypoints that nearly all animals have, with squares that are not much larger,
    those count that leave the fewest animals crowded, or 1 % more; of these, that with the smallest squares.

    Args:
        points: f32[frame, individual, keypoint, 2], (x, y) px of labelled animals, NaN = no position.

    Returns:
        The keypoints in the order in which they stand for the anchor, the first that an animal has; () = the middle of
        the box. See `squares.anchors`.
    """
    there = np.isfinite(points).all(axis=-1)
    animals = there[there.any(axis=-1)]
    nothing = not len(animals) or points.shape[2] == 1
    common = [] if nothing else np.flatnonzero(animals.mean(axis=0) >= MIN_PRESENCE)
    choices = [(), *(_order(points, keypoint) for keypoint in common)]
    sides = [measure_side(points, order) for order in choices]
    crowding = [measure_crowding(points, order) for order in choices]
    fitting = [place for place, side in enumerate(sides) if side <= MAX_SIDE * sides[0]]
    least = min(crowding[place] for place in fitting)
    return choices[min((sides[place], place) for place in fitting if crowding[place] <= least + TOLERANCE)[1]]


def measure_side(points: np.ndarray, order: tuple[int, ...]) -> float:
    """Measure the squares about anchors that hold the animals, px: the side that suffices for 95 % of them.

    About the middles of boxes it is `dataset.extent`. 0 where there is no animal. Arguments as of `squares.anchors`.
    """
    away = np.abs(points - squares.anchors(points, order)[..., None, :])
    farthest = np.where(np.isfinite(away), away, -np.inf).max(axis=(-2, -1), initial=-np.inf)
    farthest = farthest[np.isfinite(farthest)]
    return 2 * float(np.quantile(farthest, 0.95)) if len(farthest) else 0.0


def measure_crowding(points: np.ndarray, order: tuple[int, ...]) -> float:
    """Measure the part of the animals that have a neighbour's anchor within CROWDED of the animals' extent.

    Arguments as of `choose_anchor` and `squares.anchors`. 0 where there is no animal.
    """
    found = squares.anchors(points, order)
    there = np.isfinite(found).all(axis=-1)
    apart = np.linalg.norm(found[:, :, None] - found[:, None], axis=-1)
    apart[:, *np.diag_indices(points.shape[1])] = np.inf
    near = (apart <= CROWDED * dataset.extent(points)).any(axis=-1)
    return float(near[there].mean()) if there.any() else 0.0


def _order(points: np.ndarray, first: int) -> tuple[int, ...]:
    """Sort the keypoints by how far they usually are from the `first`; those never seen beside it come last."""
    apart = np.linalg.norm(points - points[:, :, first, None], axis=-1).reshape(-1, points.shape[2])
    known = np.isfinite(apart)
    middle = [np.median(apart[known[:, k], k]) if known[:, k].any() else np.inf for k in range(apart.shape[1])]
    middle[first] = -1.0
    return tuple(np.argsort(middle, kind="stable").tolist())
