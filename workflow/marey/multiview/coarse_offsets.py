"""By how many frames cameras are out of step: what pairs of them see fits best when one is moved against the other.

For each pair of cameras and each lag, what one sees is compared with the epipolar lines of what the other sees then.
The offsets of all cameras are those by which all pairs together fit best. What fits about as well is kept as a range:
where the animal hardly moves, or moves to and fro, nothing can be told, and an offset without its range would lie.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from marey.multiview import epipolar
from marey.multiview.cameras import Camera
from marey.multiview.seen_motion import MAD_TO_SD, Strand, trace
from marey.multiview.triangulation import KERNEL

BLOCK = 30  # frames that count as one observation: errors of a network last
MIN_SEEN = 0.2  # of the samples, for a lag to say how far right pairs are apart
SMALLEST = 1e-6  # deviations
SURELY_WORSE = 0.999  # one-sided: hundreds of lags are compared


class Costs(NamedTuple):
    """How badly what each pair of cameras sees fits, 0 to 1 a sample, by lag and block of time."""

    pairs: tuple[tuple[int, int], ...]  # of cameras
    cost: np.ndarray  # f64[pair, lag, block]; lag: offset of the second less that of the first, -most to most frames


class Settled(NamedTuple):
    """Offsets in whole frames, to be added to the times of the cameras."""

    offset: np.ndarray  # i64[camera], that of the first is 0
    low: np.ndarray  # i64[camera], the lowest offset that fits about as well, the others as they are
    high: np.ndarray  # i64[camera]

    @property
    def sure(self) -> np.ndarray:
        """Tell of which cameras no offset fits as well that is more than a frame away, bool[camera]."""
        return (self.high - self.offset <= 1) & (self.offset - self.low <= 1)


def pair_costs(
    cameras: Sequence[Camera], strands: Sequence[Strand], grid: np.ndarray, *, step: float, most: int, every: int
) -> Costs:
    """Compare all pairs of cameras at all lags.

    Args:
        cameras: the cameras.
        strands: what each sees.
        grid: f64[time], s.
        step: s between two times of it, about as much as between two frames.
        most: the longest lag, in steps of the grid; cameras should see points as long before and after it.
        every: of how many times one is compared.

    Returns:
        The costs.
    """
    extended = grid[0] + step * np.arange(-most, len(grid) + most)
    seen = []
    for camera, strand in zip(cameras, strands, strict=True):
        place, _, sigma = trace(strand, extended)
        seen.append(epipolar.directions(camera, place, sigma))
    times = most + np.arange(0, len(grid), every)
    block = (times - most) // BLOCK
    pairs = tuple(combinations(range(len(cameras)), 2))
    found = [_compare(seen[one].at(times), seen[two], times, most, block) for one, two in pairs]
    return Costs(pairs, np.stack(found))


def _compare(first: epipolar.Directions, second: epipolar.Directions, times, most: int, block) -> np.ndarray:
    """The costs f64[lag, block] of a pair of cameras."""
    lags = range(-most, most + 1)
    away = np.stack([np.abs(epipolar.distance(first, second.at(times - lag))) for lag in lags])
    known = np.isfinite(away)
    enough = known.mean(axis=(1, 2)) > MIN_SEEN
    usual = [np.median(one[there]) for one, there in zip(away[enough], known[enough], strict=True)]
    scale = max(MAD_TO_SD * min(usual, default=1.0), SMALLEST)
    squares = (away / scale) ** 2
    cost = squares / (squares + KERNEL**2)
    # Where a camera has nothing, that speaks neither for nor against a lag: it counts as the mean of all.
    cost = np.where(known, cost, cost[known].mean() if known.any() else 0.0).mean(axis=2)
    return np.stack([np.bincount(block, one) for one in cost])


def join(parts: Sequence[Costs]) -> Costs:
    """Join costs of different times."""
    return Costs(parts[0].pairs, np.concatenate([part.cost for part in parts], axis=-1))


def settle(costs: Costs, cameras: int) -> Settled:
    """Find the offsets of all cameras by which all pairs together fit best, and what fits about as well."""
    total = costs.cost.sum(axis=2)
    most = total.shape[1] // 2
    tried = [_descend(costs.pairs, total, cameras, root) for root in range(cameras)]
    offset = min(tried, key=lambda each: _value(costs.pairs, total, each))
    offset = offset - offset[0]
    low, high = np.zeros(cameras, int), np.zeros(cameras, int)
    for camera in range(cameras):
        curve = _curve(costs.pairs, costs.cost, offset, camera)  # [offset, block]
        as_good = np.flatnonzero(~_surely_worse(curve, most)) - most
        low[camera], high[camera] = offset[camera] + as_good.min(), offset[camera] + as_good.max()
    return Settled(offset, low, high)


def _descend(pairs, total: np.ndarray, cameras: int, root: int) -> np.ndarray:
    """Offsets: first each camera's best against `root`, then each one's best against all others, while that helps."""
    most = total.shape[1] // 2
    offset = np.zeros(cameras, int)
    for pair, curve in zip(pairs, total, strict=True):
        if root in pair:
            other = pair[pair[0] == root]
            offset[other] = (curve.argmin() - most) * (1 if pair[0] == root else -1)
    while True:
        before = offset.copy()
        for camera in set(range(cameras)) - {root}:
            curve = _curve(pairs, total[..., None], offset, camera).sum(axis=1)
            if curve.min() < curve[most]:
                offset[camera] += curve.argmin() - most
        if (offset == before).all():
            return offset


def _curve(pairs, cost: np.ndarray, offset: np.ndarray, camera: int) -> np.ndarray:
    """The costs f64[change, block] of the pairs of a camera if its offset changes by -most to most."""
    most = cost.shape[1] // 2
    change = np.arange(-most, most + 1)
    curve = np.zeros(cost.shape[1:])
    for (one, two), part in zip(pairs, cost, strict=True):
        if camera in (one, two):
            lag = offset[two] - offset[one] + (change if camera == two else -change)
            worst = part.max(axis=0)
            curve += np.where((np.abs(lag) <= most)[:, None], part[(lag + most).clip(0, 2 * most)], worst)
    return curve


def _value(pairs, total: np.ndarray, offset: np.ndarray) -> float:
    most = total.shape[1] // 2
    lags = [offset[two] - offset[one] for one, two in pairs]
    return sum(part[lag + most] if abs(lag) <= most else part.max() for lag, part in zip(lags, total, strict=True))


def _surely_worse(curve: np.ndarray, best: int) -> np.ndarray:
    """Find the changes that surely fit worse than none, by how they do in the blocks of time, bool[change]."""
    worse = curve - curve[best]
    blocks = worse.shape[1]
    if blocks < 2:
        return np.zeros(len(curve), bool)
    error = worse.std(axis=1, ddof=1) / np.sqrt(blocks)
    return worse.mean(axis=1) > stdtrit(blocks - 1, SURELY_WORSE) * error
