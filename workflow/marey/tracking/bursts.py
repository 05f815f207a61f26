"""Bursts: keypoints that are for some frames where the animal cannot be, however sure the network was of them.

What an animal can do is measured on the very video: how far each keypoint is from its middle, and how far it and the
body move in a number of frames. The path of a keypoint is cut into pieces where it moves farther than that, or nobody
saw it for long. The pieces that make the best path are kept: each of their frames counts one, or minus one where the
keypoint is too far from the middle, and a leap from one kept piece to the next, farther than across the whole animal,
costs half a second of frames. So a place off the animal is left out after a jump; one that all keypoints leave again
within a second, by a leap back, is left out, too; and an animal that is put elsewhere, and stays, is not.
"""

import numpy as np
import pandas as pd

# A keypoint is off the animal where it is so much farther from the middle than it nearly always is, and a part of the
# animal's radius more: the largest of the medians of its keypoints' distances from the middle.
USUAL_QUANTILE, LIMB_MARGIN, LIMB_ROOM = 0.95, 1.5, 0.25
MOTION_QUANTILE, MOTION_MARGIN = 0.99, 2.0  # of the ways in some frames, and what real ones exceed that by, at most
JUMP_COST = 0.5  # s of frames that a leap costs
MIN_JUMP_COST = 5  # frames


def find_bursts(points: np.ndarray, ticks: np.ndarray, *, rate: float) -> np.ndarray:
    """Find the places where keypoints of an animal cannot be, bool[time, keypoint].

    Nothing is found of an animal of one keypoint, whose size nobody knows.

    Args:
        points: f64[time, keypoint, 2], (x, y) px of one animal; NaN = missing.
        ticks: f64[time], the times in frame intervals, not falling.
        rate: frames per second.
    """
    seen = np.isfinite(points).all(axis=2)
    result = np.zeros(seen.shape, bool)
    away = np.linalg.norm(points - middle(points)[:, None], axis=2)
    away[seen.sum(axis=1) < 2] = np.nan  # of what?
    radius = pd.DataFrame(away).median().max()
    if not radius > 0:
        return result
    cost = max(round(JUMP_COST * rate), MIN_JUMP_COST)
    size = 2 * float(radius)
    limits = LIMB_MARGIN * pd.DataFrame(away).quantile(USUAL_QUANTILE).to_numpy() + LIMB_ROOM * radius
    limits = np.fmin(limits, size)  # also where a keypoint is often elsewhere
    off = away > limits
    motion = Motion(np.where(off[..., None], np.nan, points), most=2 * cost)
    for keypoint, limit in enumerate(limits):
        row = np.flatnonzero(seen[:, keypoint])
        path = points[row, keypoint], ticks[row], off[row, keypoint]
        kept = best_path(*path, motion, keypoint, leap=size, jump=limit, cost=cost)
        result[row[~kept], keypoint] = True
    return result


def middle(points: np.ndarray) -> np.ndarray:
    """Compute the median of the keypoints that there are, f64[time, 2], of f64[time, keypoint, 2]; NaN of none."""
    count = np.isfinite(points).sum(axis=1, keepdims=True)
    ordered = np.sort(points, axis=1)  # NaN last
    low, high = (np.take_along_axis(ordered, np.maximum(at, 0), axis=1) for at in ((count - 1) // 2, count // 2))
    high = np.where(count > 1, high, low)
    return ((low + high) / 2)[:, 0]


class Motion:
    """How far the body, and each keypoint, gets in some frames, at most in this video."""

    def __init__(self, points: np.ndarray, *, most: int):
        """Measure up to `most` frames in `points`, as `find_bursts` takes them."""
        self._gaps = [gap for gap in 2 ** np.arange(int(np.log2(most)) + 1) if gap < len(points)] or [1]
        body, each = [], []
        for gap in self._gaps:
            moved = np.linalg.norm(points[gap:] - points[:-gap], axis=2)
            count, ordered = np.isfinite(moved).sum(axis=1), np.sort(moved, axis=1)  # NaN last
            median = np.take_along_axis(ordered, np.maximum(count - 1, 0)[:, None] // 2, axis=1)
            body.append(pd.DataFrame(median).quantile(MOTION_QUANTILE).to_numpy())
            each.append(pd.DataFrame(moved).quantile(MOTION_QUANTILE).to_numpy())
        self._body, self._each = (np.nan_to_num(np.maximum.accumulate(ways), nan=np.inf) for ways in (body, each))

    def body(self, elapsed: np.ndarray) -> np.ndarray:
        """Compute how far the body gets, px, in `elapsed` frames; more than were measured lead anywhere."""
        return self._at(self._body[:, 0], elapsed)

    def own(self, elapsed: np.ndarray, keypoint: int) -> np.ndarray:
        """Compute how far a keypoint gets, px, as `body` does."""
        return self._at(np.maximum(self._each[:, keypoint], self._body[:, 0]), elapsed)

    def _at(self, ways: np.ndarray, elapsed: np.ndarray) -> np.ndarray:
        way = MOTION_MARGIN * np.interp(np.log(np.maximum(elapsed, 1)), np.log(self._gaps), ways)
        return np.where(elapsed > self._gaps[-1], np.inf, way)


def best_path(
    places: np.ndarray,
    ticks: np.ndarray,
    off: np.ndarray,
    motion: Motion,
    keypoint: int,
    *,
    leap: float,
    jump: float,
    cost: int,
) -> np.ndarray:
    """Find the places of one keypoint that make the best path, bool[n]; see the module's docstring.

    Args:
        places: f64[n, 2], px, in order of time.
        ticks: f64[n], frame intervals.
        off: bool[n], whether each is too far from the middle of the animal.
        motion: of the animal.
        keypoint: its number.
        leap: px that it moves beside the body's way, at most: across the animal.
        jump: px that it moves beside its own way, at most, within a piece.
        cost: frames that a leap costs.
    """
    steps, moved = np.diff(ticks), np.linalg.norm(np.diff(places, axis=0), axis=1)
    if not off.any() and not (moved > leap + motion.body(steps)).any():
        return np.ones(len(places), bool)
    own = motion.own(steps, keypoint)
    first = np.flatnonzero(np.insert((moved > jump + own) | np.isinf(own), 0, True))
    last = np.append(first[1:], len(places)) - 1
    worth = np.add.reduceat(np.where(off, -1.0, 1.0), first)
    best, before = worth.copy(), np.full(len(first), -1)
    for piece in range(1, len(first)):
        earlier = np.arange(max(0, piece - 2 * cost), piece)  # more pieces are not left out at once
        way = np.linalg.norm(places[first[piece]] - places[last[earlier]], axis=1)
        leaps = way > leap + motion.body(ticks[first[piece]] - ticks[last[earlier]])
        score = best[earlier] - cost * leaps
        chosen = len(score) - 1 - int(np.argmax(score[::-1]))
        if score[chosen] > 0 or earlier[0] > 0:
            best[piece], before[piece] = worth[piece] + score[chosen], earlier[chosen]
    kept = np.zeros(len(places), bool)
    tail = max(0, len(first) - 2 * cost)
    piece = tail + int(np.argmax(best[tail:]))
    while piece >= 0:
        kept[first[piece] : last[piece] + 1] = True
        piece = before[piece]
    return kept
