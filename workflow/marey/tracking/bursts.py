"""Bursts: keypoints that are for some frames where the animal cannot be, however sure the network was of them.

What an animal can do is measured on the very video: how large it is, and how far its body moves in a number of frames.
A keypoint that moves farther than both together has jumped. Jumps and missing frames cut its path into pieces, of which
those are kept that make the best path: each frame of them counts one, or minus one where the keypoint is far from the
rest of the animal, and each jump between kept pieces costs half a second of frames. So a place away from the rest is
left out after a jump, or between missing frames; one that all keypoints leave again within a second, by a jump
back, is left out, too; and an animal that is put elsewhere, and stays, is not.
"""

import numpy as np
import pandas as pd

MOTION_QUANTILE, MOTION_MARGIN = 0.99, 2.0  # of the way of the body, and what a real one exceeds that by, at most
JUMP_COST = 0.5  # s of frames that a jump costs
MIN_JUMP_COST = 5  # frames
MAX_STEP = 1.5  # frame intervals between frames that follow each other


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
    motion = Motion(points, size, most=2 * cost)
    for keypoint in range(points.shape[1]):
        row = np.flatnonzero(seen[:, keypoint])
        kept = best_path(points[row, keypoint], ticks[row], away[row, keypoint] > size, motion, cost=cost)
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
    """How far a keypoint gets in some frames: across the animal, and what the body does at most in this video."""

    def __init__(self, points: np.ndarray, size: float, *, most: int):
        """Measure up to `most` frames in `points`, as `find_bursts` takes them, of an animal of `size` px."""
        self._gaps = [gap for gap in 2 ** np.arange(int(np.log2(most)) + 1) if gap < len(points)] or [1]
        self._size, self._ways = size, np.zeros(len(self._gaps))
        for index, gap in enumerate(self._gaps):
            moved = np.sort(np.linalg.norm(points[gap:] - points[:-gap], axis=2), axis=1)  # NaN last
            count = np.isfinite(moved).sum(axis=1)
            body = np.take_along_axis(moved, np.maximum(count - 1, 0)[:, None] // 2, axis=1)[count > 0]
            self._ways[index] = np.quantile(body, MOTION_QUANTILE) if len(body) else np.inf
        self._ways = np.maximum.accumulate(self._ways)

    def reach(self, elapsed: np.ndarray) -> np.ndarray:
        """Compute how far a keypoint gets, px, in `elapsed` frames; more than were measured lead anywhere."""
        ways = np.interp(np.log(np.maximum(elapsed, 1)), np.log(self._gaps), self._ways)
        return np.where(elapsed > self._gaps[-1], np.inf, self._size + MOTION_MARGIN * ways)


def best_path(places: np.ndarray, ticks: np.ndarray, away: np.ndarray, motion: Motion, *, cost: int) -> np.ndarray:
    """Find the places of one keypoint that make the best path, bool[n]; see the module's docstring.

    Args:
        places: f64[n, 2], px, in order of time.
        ticks: f64[n], frame intervals.
        away: bool[n], whether each is too far from the rest of the animal.
        motion: of the animal.
        cost: frames that a jump costs.
    """
    steps = np.diff(ticks)
    jumps = np.linalg.norm(np.diff(places, axis=0), axis=1) > motion.reach(steps)
    if not jumps.any() and not away.any():
        return np.ones(len(places), bool)
    first = np.flatnonzero(np.insert(jumps | (steps > MAX_STEP), 0, True))
    last = np.append(first[1:], len(places)) - 1
    worth = np.add.reduceat(np.where(away, -1.0, 1.0), first)
    best, before = worth.copy(), np.full(len(first), -1)
    for piece in range(1, len(first)):
        earlier = np.arange(max(0, piece - 2 * cost), piece)  # more pieces are not left out at once
        way = np.linalg.norm(places[first[piece]] - places[last[earlier]], axis=1)
        jump = way > motion.reach(ticks[first[piece]] - ticks[last[earlier]])
        score = best[earlier] - cost * jump
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
