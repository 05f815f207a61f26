"""Where points are at all times of a session, by the images of all cameras: an iterated Kalman smoother.

The images are not linear in the position: around the trajectory that was found last, what each camera sees is a
measurement of two numbers, and the smoother finds the next. A single view is one too. Far views count little, by the
kernel of Geman and McClure, and in the last step fully within the tolerance and not at all beyond; how far is judged
with the doubt of the trajectory, which is large where no two views agreed. Of a keypoint with a partner on the other
side each view may have either (see `triangulation`). The lengths of limbs are measurements along the limb, as sure as
they are seen to be.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from marey.multiview import filtering
from marey.multiview.cameras import Camera, project, project_with_jacobian
from marey.multiview.motion import Limbs
from marey.multiview.triangulation import KERNEL, choose_exchanged

STEPS = 4
LASTING = 4.0  # frames: a limb that is longer than usual stays so, and frames in a row say the same of it


class Learnt(NamedTuple):
    """What holds for all of a session."""

    power: np.ndarray  # f64[point], of the acceleration, unit^2 / s^3
    fresh: np.ndarray  # f64[point], share of the variance of what a camera sees that is new at each time
    limbs: Limbs
    tolerance: float  # deviations beyond which a view does not agree


class Trajectories(NamedTuple):
    """Points over time."""

    position: np.ndarray  # f64[time, point, 3]
    covariance: np.ndarray  # f64[time, point, 3, 3]
    used: np.ndarray  # bool[time, point, camera], views that agree
    reproj_px: np.ndarray  # f64[time, point], root mean square distance in those views; NaN where there is none


def fit(
    cameras: Sequence[Camera],
    time: np.ndarray,
    seen: np.ndarray,
    sigma: np.ndarray,
    points: tuple[np.ndarray, np.ndarray],
    partner: np.ndarray,
    learnt: Learnt,
) -> Trajectories:
    """Find the trajectories of points.

    Args:
        cameras: the cameras.
        time: f64[time], s, rising.
        seen: f64[time, point, camera, 2], (x, y) px; NaN = not seen.
        sigma: f64[time, point, camera], px.
        points: positions f64[time, point, 3], NaN = none, and their covariances f64[time, point, 3, 3]: what several
            views agree on, to begin with. Each point has one.
        partner: i64[point], the point on the other side of the body; -1 = there is none.
        learnt: what holds for all of the session.

    Returns:
        The trajectories.
    """
    other, other_sigma = np.where((partner >= 0)[:, None, None], seen[:, partner], np.nan), sigma[:, partner]
    start = filtering.vague_start(points[0])
    position, doubt = filtering.smooth(time, *_as_information(*points, learnt.fresh), learnt.power, start)
    for step in range(STEPS):
        tolerance = learnt.tolerance if step == STEPS - 1 else None
        views = _choose(cameras, position, seen, sigma, other, other_sigma, learnt.tolerance, partner)
        information, vector, squares = _measure(cameras, position, doubt, *views, learnt.fresh, tolerance)
        _add_limbs(information, vector, position, doubt, learnt.limbs)
        position, doubt = filtering.smooth(time, information, vector, learnt.power, start)
    used = squares < learnt.tolerance**2
    return Trajectories(position, doubt, used, _reprojection(cameras, position, views[0], used))


def _reprojection(cameras, position, seen, used) -> np.ndarray:
    """The root mean square distance of positions from what the views used see."""
    away = np.stack([((project(c, position) - seen[..., at, :]) ** 2).sum(axis=-1) for at, c in enumerate(cameras)], -1)
    number = used.sum(axis=-1)
    return np.sqrt(np.where(used, away, 0.0).sum(axis=-1) / np.where(number, number, np.nan))


def _as_information(position, covariance, fresh) -> tuple[np.ndarray, np.ndarray]:
    known = np.isfinite(position[..., 0])
    information = np.linalg.inv(np.where(known[..., None, None], covariance, np.eye(3))) / fresh[:, None, None]
    information[~known] = 0.0
    return information, (information @ np.where(known[..., None], position, 0.0)[..., None])[..., 0]


def _choose(cameras, position, seen, sigma, other, other_sigma, tolerance, partner):
    """What each view sees of each point, its own place or its partner's, and sigma of that."""
    if (partner < 0).all():
        return seen, sigma
    times, points = position.shape[:2]
    row = np.arange(times)[:, None] * points
    rows = np.where(partner >= 0, row + partner, -1).ravel()
    flat = [part.reshape(times * points, *part.shape[2:]) for part in (position, seen, sigma, other, other_sigma)]
    swap = choose_exchanged(cameras, *flat, tolerance, rows).reshape(sigma.shape)
    return np.where(swap[..., None], other, seen), np.where(swap, other_sigma, sigma)


def _measure(cameras, position, doubt, seen, sigma, fresh, tolerance):
    """What the cameras say: information f64[time, point, 3, 3], times position, and the squared deviations."""
    information, vector = np.zeros_like(doubt), np.zeros_like(position)
    squares = np.empty(sigma.shape)
    for at, camera in enumerate(cameras):
        pixels, jacobian = project_with_jacobian(camera, position)
        residual = seen[..., at, :] - pixels
        there = np.isfinite(residual[..., 0])
        residual[~there], jacobian[~there] = 0.0, 0.0
        spread = (jacobian @ doubt @ jacobian.swapaxes(-1, -2)).trace(axis1=-2, axis2=-1) / 2
        away = (residual**2).sum(axis=-1)
        variance = sigma[..., at] ** 2
        squares[..., at] = np.where(there, away / (variance + spread), np.inf)
        agrees = squares[..., at] < tolerance**2 if tolerance else 1 / (1 + squares[..., at] / KERNEL**2) ** 2
        weight = np.where(there, agrees / variance / fresh, 0.0)
        part = weight[..., None, None] * (jacobian.swapaxes(-1, -2) @ jacobian)
        information += part
        vector += weight[..., None] * (jacobian.swapaxes(-1, -2) @ residual[..., None])[..., 0]
    return information, vector + (information @ position[..., None])[..., 0], squares


def _add_limbs(information, vector, position, doubt, limbs: Limbs) -> None:
    """Add what the lengths of limbs say of each end, where the other is taken to be where it was found last."""
    for (one, two), length, spread in zip(limbs.ends, limbs.length, limbs.spread, strict=True):
        between = position[:, one] - position[:, two]
        far = np.linalg.norm(between, axis=1)
        along = between / np.maximum(far, 1e-9)[:, None]
        for end, rest, sign in ((one, two, 1.0), (two, one, -1.0)):
            variance = LASTING * spread**2 + np.einsum("ti,tij,tj->t", along, doubt[:, rest], along)
            weight = 1 / (1 + (length - far) ** 2 / variance / KERNEL**2) ** 2 / variance
            part = weight[:, None, None] * along[:, :, None] * along[:, None]
            wanted = position[:, end] + sign * (length - far)[:, None] * along
            information[:, end] += part
            vector[:, end] += (part @ wanted[..., None])[..., 0]
