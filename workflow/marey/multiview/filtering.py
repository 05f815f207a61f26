"""Smoothing of points in space: a Kalman filter forwards, one backwards, and what both say together.

Each coordinate moves with a velocity that white-noise acceleration of the power q disturbs (Bar-Shalom, Li &
Kirubarajan 2001, section 6.2.2). Over a step h the position p becomes p + h v, and the covariance of (p, v) grows by

    q [[h^3 / 3, h^2 / 2], [h^2 / 2, h]]

A measurement is given by its information, f64[3, 3]: what one view alone says of a point has none along its ray, and
what nobody sees has none at all. The posterior of a time is the filtered state from one side times the predicted one
from the other (Fraser & Potter, IEEE TAC 1969).
"""

from typing import NamedTuple

import numpy as np

VAGUE = 10.0  # spreads of the data: a point begins anywhere, and with any velocity that crosses that in a step
SEEN = 1e-10  # of the information in the best direction: less is rounding
# Of the surprise: of a hundred positions one is anywhere within four spreads of the data in each direction.
OUTLIER = 2 * np.log(4**3 / 0.01) - 3 * np.log(2 * np.pi)
EYE = np.eye(3)


class _States(NamedTuple):
    """Position p and velocity v of each point at each time, and their covariance [[pp, pv], [pv', vv]]."""

    p: np.ndarray  # f64[time, point, 3]
    v: np.ndarray
    pp: np.ndarray  # f64[time, point, 3, 3]
    pv: np.ndarray
    vv: np.ndarray


def smooth(
    time: np.ndarray, information: np.ndarray, vector: np.ndarray, power: np.ndarray, start: tuple[np.ndarray, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the posterior of all points at all times.

    Args:
        time: f64[time], s, rising.
        information: f64[time, point, 3, 3], inverse covariance of what is measured; 0 = nothing.
        vector: f64[time, point, 3], information times position.
        power: f64[point], q.
        start: a position f64[point, 3], and the spread of positions: vague knowledge of where points begin.

    Returns:
        Positions f64[time, point, 3] and covariances f64[time, point, 3, 3].
    """
    _, filtered = _filter(time, information, vector, power, start)
    predicted, _ = _filter(-time[::-1], information[::-1], vector[::-1], power, start)
    ahead = _joined(filtered, 1.0)
    behind = _joined(_States(*(part[::-1] for part in predicted)), -1.0)
    weights = [np.linalg.inv(covariance) for _, covariance in (ahead, behind)]
    covariance = np.linalg.inv(weights[0] + weights[1])
    pulls = [(weight @ mean[..., None])[..., 0] for weight, (mean, _) in zip(weights, (ahead, behind), strict=True)]
    mean = (covariance @ (pulls[0] + pulls[1])[..., None])[..., 0]
    return mean[..., :3], covariance[..., :3, :3]


def surprise(time: np.ndarray, position: np.ndarray, covariance: np.ndarray, power: np.ndarray) -> np.ndarray:
    """Compute how badly a power of the acceleration predicts positions, each from those before it.

    Outliers are no motion: a position counts as one, which may be anywhere that the point ever was, where that is
    likelier. With a limit to the squared deviations alone, a power of nothing would seem the best where animals move
    much more than views are off: all positions would be outliers at no price.

    Args:
        time: f64[time], s.
        position: f64[time, point, 3], NaN = not measured.
        covariance: f64[time, point, 3, 3] of that.
        power: f64[point], q.

    Returns:
        f64[point], minus twice the log likelihood of the points, without constants.
    """
    known = np.isfinite(position[..., 0])
    matrix = np.where(known[..., None, None], covariance, EYE)
    information = np.where(known[..., None, None], np.linalg.inv(matrix), 0.0)
    measured = np.where(known[..., None], position, 0.0)
    vector = (information @ measured[..., None])[..., 0]
    predicted, _ = _filter(time, information, vector, power, vague_start(position))
    spread = predicted.pp + matrix
    away = np.where(known[..., None], position - predicted.p, 0.0)
    squares = (away[..., None, :] @ np.linalg.solve(spread, away[..., None]))[..., 0, 0]
    start = vague_start(position)
    terms = np.minimum(squares + np.linalg.slogdet(spread)[1], OUTLIER + 6 * np.log(start[1]))
    known[np.cumsum(known, axis=0) <= 2] = False  # the first two say where it is and how fast
    return np.where(known, terms, 0.0).sum(axis=0)


def vague_start(position: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the mean f64[point, 3] and spread of positions f64[time, point, 3], NaN left out."""
    known = np.isfinite(position)
    mean = np.where(known, position, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    away = np.where(known, position - mean, 0.0)
    return mean, float(np.sqrt((away**2).sum() / max(known.sum(), 1))) or 1.0


def _filter(time, information, vector, power, start) -> tuple[_States, _States]:
    """The states of all times before and after the measurement of that time."""
    mean, spread = start
    count = len(mean)
    steps = np.diff(time)
    usual = float(np.median(steps)) if len(steps) else 1.0
    p, v = mean.astype(float), np.zeros((count, 3))
    pp = np.tile((VAGUE * spread) ** 2 * EYE, (count, 1, 1))
    pv, vv = np.zeros_like(pp), pp / usual**2
    noise = power[:, None, None] * EYE
    roots, measured = _roots(information, vector)
    shape = (len(time), count, 3)
    before, after = (
        _States(*(np.empty(shape if len(part) == 1 else (*shape, 3)) for part in ("p", "v", "pp", "pv", "vv")))
        for _ in range(2)
    )
    for at in range(len(time)):
        if at:
            h = steps[at - 1]
            p = p + h * v
            pp = pp + h * (pv + pv.swapaxes(1, 2)) + h**2 * vv + h**3 / 3 * noise
            pv = pv + h * vv + h**2 / 2 * noise
            vv = vv + h * noise
        for store, value in zip(before, (p, v, pp, pv, vv), strict=True):
            store[at] = value
        root, turned = roots[at], roots[at].swapaxes(1, 2)
        gain = root @ np.linalg.inv(EYE + turned @ pp @ root)
        pull = gain @ (measured[at][..., None] - turned @ p[..., None])
        gain = gain @ turned
        p, v = p + (pp @ pull)[..., 0], v + (pv.swapaxes(1, 2) @ pull)[..., 0]
        left = pp @ gain
        pp, pv, vv = _symmetric(pp - left @ pp), pv - left @ pv, _symmetric(vv - pv.swapaxes(1, 2) @ gain @ pv)
        for store, value in zip(after, (p, v, pp, pv, vv), strict=True):
            store[at] = value
    return before, after


def _symmetric(matrix: np.ndarray) -> np.ndarray:
    """Take out what rounding made unlike; it would grow from step to step."""
    return (matrix + matrix.swapaxes(-1, -2)) / 2


def _roots(information: np.ndarray, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Roots L of the information, L L', and what is measured in their directions, L' position: each with noise 1.

    With them the filter subtracts what it knows from what it sees; without, a point that one view sees drowns in the
    rounding of where it may be along the ray.
    """
    values, axes = np.linalg.eigh(information)
    values = np.where(values > SEEN * values[..., -1:], np.maximum(values, 0.0), 0.0)
    roots = np.sqrt(values)
    along = (axes.swapaxes(-1, -2) @ vector[..., None])[..., 0]
    return axes * roots[..., None, :], np.where(roots > 0, along / np.where(roots > 0, roots, 1.0), 0.0)


def _joined(states: _States, direction: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean f64[time, point, 6] and covariance f64[..., 6, 6]; with the direction -1, of time that runs backwards."""
    covariance = np.empty((*states.p.shape[:2], 6, 6))
    covariance[..., :3, :3], covariance[..., 3:, 3:] = states.pp, states.vv
    covariance[..., :3, 3:] = direction * states.pv
    covariance[..., 3:, :3] = covariance[..., :3, 3:].swapaxes(-1, -2)
    return np.concatenate([states.p, direction * states.v], axis=-1), covariance
