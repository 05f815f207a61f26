"""What is unusual of how an animal moves: points that jump, drift or stand still, and animals that leap.

Everything is measured against the animal itself: by how much its own points usually differ from their running medians,
at that time and over the whole video. So a frame rate, a size and a gait of any kind are ordinary.
"""

import warnings

import numpy as np
import pandas as pd

SHORT, LONG = 0.25, 2.0  # s: the longest windows of jumps and of drifts
MIN_RIGID = 3  # points, from which on the animal's own motion is told from that of a point
MIN_STEP = 0.3  # px: what positions are off by anyway
SILENT = 1e-3  # of its usual step: a point that moves by less stands still
STANDING = 1e-3  # px: a point whose usual step is smaller never moves
STRETCH = 8  # frames: of longer ones in which a point stands still, as many count


def motion_terms(points: np.ndarray, rate: float) -> dict[str, np.ndarray]:
    """Measure jumps, drifts, leaps and frozen points of an animal.

    Args:
        points: f64[frame, keypoint, 2] of one animal in consecutive frames, px; NaN = not seen.
        rate: frames/s.

    Returns:
        By term, f64[frame]: logarithms; NaN where nothing can be said.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of means of nothing, which are NaN
        short, long = _away(points, _windows(rate, SHORT), rate), _away(points, _windows(rate, LONG), rate)
        return {
            "jump": short[0],
            "drift": long[0],
            "leap": np.fmax(short[1], long[1]),
            "frozen": _frozen(points, rate),
        }


def _windows(rate: float, longest: float) -> list[int]:
    """Choose the windows of running medians, frames: two odd ones, up to `longest` s."""
    most = max(int(rate * longest) // 2 * 2 + 1, 5)
    return sorted({max(most // 4 * 2 + 1, 3), most})


def _away(points: np.ndarray, windows: list[int], rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Measure how far points are from their running medians, against what is usual: of single points, and of all.

    Returns f64[frame] of the worst point, apart from what all points do, and f64[frame] of what all do (NaN where there
    are too few points to tell).
    """
    single = np.full(len(points), np.nan)
    whole = single.copy()
    rigid = points.shape[1] >= MIN_RIGID
    for window in windows:
        away = points - running_median(points, window)
        away[: window // 2] = away[len(away) - window // 2 :] = np.nan  # seen from one side alone, motion looks unusual
        common = np.nanmedian(away, axis=1) if rigid else np.zeros((len(points), 2))
        single = np.fmax(single, np.nanmax(_unusual(np.linalg.norm(away - common[:, None], axis=-1), rate), axis=1))
        if rigid:
            whole = np.fmax(whole, _unusual(np.linalg.norm(common, axis=-1)[:, None], rate)[:, 0])
    return single, whole


def _unusual(distance: np.ndarray, rate: float) -> np.ndarray:
    """Compare distances f64[frame, point] with what is usual of that point, then and ever: logarithms of ratios."""
    usual = np.nanmedian(distance, axis=0) + usual_nearby(distance, rate) + MIN_STEP
    return np.log(distance / usual + 0.1)


def usual_nearby(values: np.ndarray, rate: float) -> np.ndarray:
    """Find what is usual of f64[frame, point] about each frame: the largest median of three stretches of a second."""
    size = max(int(rate), 5)
    blocks = -(-len(values) // size)
    padded = np.full((blocks * size, *values.shape[1:]), np.nan)
    padded[: len(values)] = values
    medians = np.nan_to_num(np.nanmedian(padded.reshape(blocks, size, *values.shape[1:]), axis=1))
    around = np.pad(medians, ((1, 1), (0, 0)))
    return np.repeat(np.maximum(np.maximum(around[:-2], around[1:-1]), around[2:]), size, axis=0)[: len(values)]


def running_median(values: np.ndarray, window: int) -> np.ndarray:
    """Compute the median over the `window` frames about each frame, without NaN: f64[frame, ...]."""
    columns = pd.DataFrame(values.reshape(len(values), -1))
    return columns.rolling(window, center=True, min_periods=1).median().to_numpy().reshape(values.shape)


def _frozen(points: np.ndarray, rate: float) -> np.ndarray:
    """Measure how much less a point moves than it does while the others move so: f64[frame], of the worst point.

    What holds for a stretch of frames counts for more, by the square root: one short step may be by chance. The frame
    before a stretch counts a little less: it may be where the point was seen last.
    """
    worst = np.full(len(points), np.nan)
    if len(points) < 2:
        return worst
    step = np.linalg.norm(np.diff(points, axis=0), axis=-1)
    usual = np.nanmedian(step, axis=0)
    step = step[:, usual > STANDING] / usual[usual > STANDING]  # what never moves cannot freeze
    due = np.nanmedian(step, axis=1, keepdims=True) if step.shape[1] >= MIN_RIGID else usual_nearby(step, rate)
    still = np.log((due + SILENT) / (step + SILENT))
    length = 1
    while length <= STRETCH and len(still) and still.shape[1]:
        found = np.sqrt(length) * np.nanmax(still, axis=1)
        for first in range(1, length + 1):
            own = worst[first : first + len(found)]
            np.fmax(own, found, out=own)
        still = np.minimum(still[:-length], still[length:])  # over twice as many steps
        length *= 2
    return np.fmax(worst, np.append(worst[1:], np.nan) - 0.5)
