"""Points in space from what several cameras see of them, of which some may be wrong.

Every pair of views proposes where a point is: the middle of the shortest line between its two rays. The proposal that
all views together agree with best is taken, where a view that disagrees costs no more than one that is just beyond the
tolerance (MSAC; Torr & Zisserman, CVIU 2000). From there the distances in the images, in standard deviations, are
minimised over all views: by Gauss-Newton under the kernel of Geman and McClure, in which far views count little, and
at last by least squares over the views within the tolerance.

A view in which left and right are exchanged has the point where it says that its partner is. That is a second
hypothesis for each view, at a price; what a view says is used for one point only.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from marey.multiview.cameras import Camera, project, project_with_jacobian, undistort

EXCHANGE_PRICE = 6.0  # deviations squared: odds of 20 to 1 against, 2 log 20
KERNEL = 3.0  # deviations: the scale of the kernel; those of a right view stay below with 99 %
ROBUST_STEPS, LAST_STEPS = 3, 2  # of Gauss-Newton
NO_PARTNER = -1
NEARLY_PARALLEL = 1e-9  # squared sine of the angle between two rays


class Found(NamedTuple):
    """Points in space."""

    position: np.ndarray  # f64[point, 3], NaN where there is none
    covariance: np.ndarray  # f64[point, 3, 3], of the position, for the deviations that were given
    used: np.ndarray  # bool[point, camera], views that the position comes from
    exchanged: np.ndarray  # bool[point, camera], of those: what the view says of the partner
    squares: np.ndarray  # f64[point, camera], squared distance in the image in deviations; NaN where nothing is seen


def triangulate(
    cameras: Sequence[Camera],
    seen: np.ndarray,
    sigma: np.ndarray,
    *,
    tolerance: float,
    min_views: int = 2,
    partner: np.ndarray | None = None,
) -> Found:
    """Find points in space.

    Args:
        cameras: the cameras.
        seen: f64[point, camera, 2], (x, y) px; NaN = not seen.
        sigma: f64[point, camera], px, standard deviation per axis of what is seen.
        tolerance: deviations that a view may be away; beyond it is rejected.
        min_views: views that a position needs.
        partner: i64[point], row of the same keypoint on the other side of the body; NO_PARTNER = there is none.

    Returns:
        The points; those with too few views that agree have no position.
    """
    if partner is None:
        partner = np.full(len(seen), NO_PARTNER)
    other = np.where((partner >= 0)[:, None, None], seen[partner], np.nan)
    other_sigma = sigma[partner]
    position, cost = _best_pair(cameras, seen, sigma, other, other_sigma, tolerance)
    exchanged = choose_exchanged(cameras, position, seen, sigma, other, other_sigma, tolerance, partner)
    seen = np.where(exchanged[..., None], other, seen)
    sigma = np.where(exchanged, other_sigma, sigma)
    position[~np.isfinite(cost)] = np.nan
    for _ in range(ROBUST_STEPS):
        position, _, squares = _step(cameras, position, seen, sigma, lambda squares: 1 / (1 + squares / KERNEL**2) ** 2)
    for _ in range(LAST_STEPS):
        position, covariance, squares = _step(cameras, position, seen, sigma, lambda squares: squares < tolerance**2)
    squares = _squares(cameras, position, seen, sigma)
    used = squares < tolerance**2
    none = (used.sum(axis=1) < min_views) | ~np.isfinite(covariance).all(axis=(1, 2))
    position[none] = covariance[none] = np.nan
    used[none] = False
    return Found(position, covariance, used, exchanged & used, squares)


def rays(camera: Camera, pixels: np.ndarray) -> np.ndarray:
    """Find the directions in the world, of length 1, that pixels f64[..., 2] look in: f64[..., 3]."""
    places = undistort(camera, pixels)
    directions = np.concatenate([places, np.ones_like(places[..., :1])], axis=-1) @ camera.rotation
    return directions / np.linalg.norm(directions, axis=-1, keepdims=True)


def _best_pair(cameras, seen, sigma, other, other_sigma, tolerance):
    """The proposal f64[point, 3] that costs least and its cost f64[point], infinite where no two views propose one."""
    directions = [rays(camera, seen[:, at]) for at, camera in enumerate(cameras)]
    best, least = np.full((len(seen), 3), np.nan), np.full(len(seen), np.inf)
    swaps = np.isfinite(other).any(axis=(1, 2))
    for one, two in combinations(range(len(cameras)), 2):
        proposed = _middle(cameras[one].centre, directions[one], cameras[two].centre, directions[two])
        cost = np.where(np.isfinite(proposed[:, 0]), 0.0, np.inf)
        for at, camera in enumerate(cameras):
            away = project(camera, proposed)
            squares = _away(away, seen[:, at], sigma[:, at])
            if swaps.any():
                squares = np.fmin(squares, EXCHANGE_PRICE + _away(away, other[:, at], other_sigma[:, at]))
            # A camera that does not see the proposal where it saw something disagrees.
            cost += np.where(np.isfinite(seen[:, at, 0]), np.fmin(squares, tolerance**2), 0.0)
        better = cost < least
        best[better], least[better] = proposed[better], cost[better]
    return best, least


def _middle(origin, direction, other_origin, other_direction):
    """The middle f64[point, 3] of the shortest line between two rays; NaN where it is behind or they are parallel."""
    between = origin - other_origin
    cosine = (direction * other_direction).sum(axis=1)
    along, other_along = direction @ between, other_direction @ between
    sine = 1 - cosine * cosine
    sine = np.where(sine > NEARLY_PARALLEL, sine, np.nan)
    first = (cosine * other_along - along) / sine
    second = (other_along - cosine * along) / sine
    with np.errstate(invalid="ignore"):
        ahead = (first > 0) & (second > 0)
    middle = (origin + first[:, None] * direction + other_origin + second[:, None] * other_direction) / 2
    return np.where(ahead[:, None], middle, np.nan)


def choose_exchanged(cameras, position, seen, sigma, other, other_sigma, tolerance, partner):
    """Find where what a view says of the partner is meant, bool[point, camera], in the terms of `triangulate`.

    It agrees with the point, better by the price than what the view says of the point itself, and what it says of the
    partner does not agree with the partner.
    """
    own = np.stack([_away(project(c, position), seen[:, at], sigma[:, at]) for at, c in enumerate(cameras)], axis=1)
    theirs = np.stack(
        [_away(project(c, position), other[:, at], other_sigma[:, at]) for at, c in enumerate(cameras)], axis=1
    )
    wants = (theirs < tolerance**2) & ~(own < theirs + EXCHANGE_PRICE)
    kept = (own < tolerance**2) & ~wants
    return wants & ~kept[partner] & (partner >= 0)[:, None]


def _away(pixels, seen, sigma):
    return ((pixels - seen) ** 2).sum(axis=-1) / sigma**2


def _squares(cameras, position, seen, sigma):
    away = [_away(project(camera, position), seen[:, at], sigma[:, at]) for at, camera in enumerate(cameras)]
    return np.stack(away, axis=1)


def _step(cameras, position, seen, sigma, weigh):
    """One step of Gauss-Newton: the new position, the covariance there, and the squared distances before it."""
    information, right = np.zeros((len(seen), 3, 3)), np.zeros((len(seen), 3))
    squares = np.empty(seen.shape[:2])
    for at, camera in enumerate(cameras):
        pixels, jacobian = project_with_jacobian(camera, position)
        residual = seen[:, at] - pixels
        squares[:, at] = (residual**2).sum(axis=1) / sigma[:, at] ** 2
        weight = np.where(np.isfinite(squares[:, at]), weigh(squares[:, at]) / sigma[:, at] ** 2, 0.0)
        counts = weight > 0
        jacobian[~counts], residual[~counts] = 0.0, 0.0
        for row in (0, 1):
            weighted = weight[:, None] * jacobian[:, row]
            information += weighted[:, :, None] * jacobian[:, row, None, :]
            right += weighted * residual[:, row, None]
    covariance = invert_symmetric(information)
    move = (covariance @ right[..., None])[..., 0]
    return np.where(np.isfinite(move), position + move, position), covariance, squares


def invert_symmetric(matrix: np.ndarray) -> np.ndarray:
    """Invert symmetric matrices f64[..., 3, 3] by their adjugates; NaN where they are singular."""
    a, b, c = matrix[..., 0, 0], matrix[..., 0, 1], matrix[..., 0, 2]
    d, e, f = matrix[..., 1, 1], matrix[..., 1, 2], matrix[..., 2, 2]
    inverse = np.empty_like(matrix)
    inverse[..., 0, 0], inverse[..., 1, 1], inverse[..., 2, 2] = d * f - e * e, a * f - c * c, a * d - b * b
    inverse[..., 0, 1] = inverse[..., 1, 0] = c * e - b * f
    inverse[..., 0, 2] = inverse[..., 2, 0] = b * e - c * d
    inverse[..., 1, 2] = inverse[..., 2, 1] = b * c - a * e
    determinant = a * inverse[..., 0, 0] + b * inverse[..., 0, 1] + c * inverse[..., 0, 2]
    scale = np.maximum(a * d * f, 1e-300)
    return inverse / np.where(determinant > 1e-12 * scale, determinant, np.nan)[..., None, None]
