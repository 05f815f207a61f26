"""Where a point is in a camera's image at any time, between its frames too, and how fast it moves there.

A parabola is fitted to the frames about a time, those near it counting most (local regression; Cleveland, JASA 1979).
Between two frames it is as sure as at one, which a line between two noisy places is not: offsets of cameras that are
found by such a line are drawn to half a frame.
"""

from typing import NamedTuple

import numpy as np

REACH = 4.5  # frame intervals to each side that count
MIN_SIDE = 2  # frames with the point that are needed on each side of a time
OUTLIER, MIN_OUTLIER = 6.0, 1.0  # times the usual distance from the median of its neighbours; px
MEDIAN_OF = 5  # frames
MAD_TO_SD = 1.4826  # of normal noise


class Strand(NamedTuple):
    """What a camera sees in some of its frames."""

    time: np.ndarray  # f64[frame], s, rising
    seen: np.ndarray  # f64[frame, point, 2], (x, y) px; NaN = not seen
    sigma: np.ndarray  # f64[frame, point], px


def trace(strand: Strand, when: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find where points are in an image at some times, how fast, and how sure that is.

    Args:
        strand: what a camera sees.
        when: f64[time], s.

    Returns:
        Places f64[time, point, 2], px, velocities f64[time, point, 2], px/s, and the standard deviation per axis of the
        places, f64[time, point], px; NaN where too few frames on either side have the point.
    """
    time, seen, sigma = strand
    shape = (len(when), seen.shape[1])
    if len(time) < 2:
        return np.full((*shape, 2), np.nan), np.full((*shape, 2), np.nan), np.full(shape, np.nan)
    interval = float(np.median(np.diff(time)))
    steps = np.arange(-int(REACH) - 1, int(REACH) + 2)
    frame = np.searchsorted(time, when)[:, None] + steps
    inside = (frame >= 0) & (frame < len(time))
    frame = frame.clip(0, len(time) - 1)
    away = (time[frame] - when[:, None]) / interval
    near = np.where(inside, np.maximum(1 - np.abs(away / REACH) ** 3, 0.0) ** 3, 0.0)
    known = np.isfinite(seen[..., 0]) & ~_outliers(seen)
    weight = near[..., None] * np.where(known, 1 / sigma**2, 0.0)[frame]
    counted = weight > 0
    enough = [(counted & side[..., None]).sum(axis=1) >= MIN_SIDE for side in (away <= 0, away >= 0)]
    place = np.where(known[..., None], seen, 0.0)[frame]
    powers = away[..., None] ** np.arange(5)
    moments = np.einsum("tfp,tfm->tpm", weight, powers)
    matrix = moments[..., np.arange(3)[:, None] + np.arange(3)]
    right = np.einsum("tfp,tfm,tfpd->tpmd", weight, powers[..., :3], place)
    good = enough[0] & enough[1]
    inverse = np.linalg.inv(np.where(good[..., None, None], matrix, np.eye(3)))
    fitted = np.where(good[..., None, None], inverse @ right, np.nan)
    spread = np.sqrt(np.where(good, inverse[..., 0, 0], np.nan))
    return fitted[..., 0, :], fitted[..., 1, :] / interval, spread


def _outliers(seen: np.ndarray) -> np.ndarray:
    """Find the places that are far from the median of their neighbours in time, bool[frame, point]."""
    half = MEDIAN_OF // 2
    padded = np.pad(seen, ((half, half), (0, 0), (0, 0)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, MEDIAN_OF, axis=0)
    away = np.abs(seen - _median(windows)).max(axis=-1)
    usual = MAD_TO_SD * _median(away.T)
    return away > np.maximum(OUTLIER * usual, MIN_OUTLIER)


def _median(values: np.ndarray) -> np.ndarray:
    """Compute the lower median along the last axis without NaN; NaN where there is nothing else."""
    ordered = np.sort(values, axis=-1)
    middle = np.maximum(np.isfinite(values).sum(axis=-1) - 1, 0) // 2
    return np.take_along_axis(ordered, middle[..., None], axis=-1)[..., 0]
