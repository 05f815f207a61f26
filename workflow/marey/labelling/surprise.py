"""How unusual frames are among all of a pool: by one measure, by nearness to others, and by many measures together."""

import numpy as np

NEIGHBOURS = 0.05  # of those that all are compared with: a state that is rarer is far from others
REFERENCE = 2000  # poses or looks, drawn at random, that all are compared with
APART = 1.0  # s: nearer ones of the same video are no neighbours
DIMENSIONS = 24  # that most of what differs lies in
TAIL = 0.1  # of a pool: what is rarer is told from how the rest falls off, too
MOST = 2.0  # times what counting says: so many times as much a frame may get for being far beyond the others
MIN_DEVIATION = 1.0  # of 255: what values of looks vary by anyway
MOST_UNUSUAL = 4.0  # standard deviations
_BATCH = 4096


def surprises(values: np.ndarray) -> np.ndarray:
    """Turn a measure f64[frame], large where a frame is unusual, into minus the logarithm of how few are: f32[frame].

    That is known by counting, down to one frame in all. What lies far beyond others gets more, by how far it would be
    beyond them if the tail fell off exponentially, as the logarithms of most measures do; else the first of a pool
    would look as unusual by a measure that shows nothing as by one that shows a fault. NaN counts as ordinary.
    """
    known = np.isfinite(values)
    result = np.zeros(len(values), np.float32)
    found = values[known]
    if len(found) < 2 or found.min() == found.max():
        return result
    order = np.sort(found)
    above = len(found) - (np.searchsorted(order, found, "left") + np.searchsorted(order, found, "right") - 1) / 2 - 0.5
    counted = np.log(len(found) / above)
    near, far = np.quantile(found, [1 - 3 * TAIL, 1 - TAIL])
    fall = (far - near) / np.log(3)  # of the measure, for a part of the pool that is e times smaller
    if fall > 1e-9:
        beyond = np.clip((found - far) / fall + np.log(1 / TAIL), counted, MOST * counted)
    else:  # nearly all are the same: what is not stands out
        beyond = MOST * counted
    counted = np.where(found > far, beyond, counted)
    result[known] = counted
    return result


def together(terms: np.ndarray) -> np.ndarray:
    """Combine surprises f32[frame, term]: one that is large suffices, whatever the others say.

    Minus the logarithm of the harmonic mean of the tail probabilities (Wilson 2019, PNAS 116), which holds for terms
    that depend on each other.
    """
    largest = terms.max(axis=1, keepdims=True)
    return largest[:, 0] + np.log(np.exp(terms - largest).mean(axis=1))


def against_usual(values: np.ndarray) -> np.ndarray:
    """Compare values f32[n, dimension] of a video with what is usual of it, in units of what each varies by.

    Where something passes now and then, little is said by it; where nothing ever changes, much, but no more than
    `MOST_UNUSUAL`: that something is where nothing was before is less than that all is otherwise.
    """
    if not len(values):
        return values
    unit = values.std(axis=0) + MIN_DEVIATION
    return np.clip((values - np.median(values, axis=0)) / unit, -MOST_UNUSUAL, MOST_UNUSUAL)


def rarity(values: np.ndarray, video: np.ndarray, time: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Measure how far each is from its nearest like ones, a second apart at least: f64[n], a logarithm.

    Args:
        values: f64[n, dimension]; NaN where something is not known, which then does not count; all NaN: no result.
        video: i64[n], of which video it is.
        time: f64[n], s, in that video.
        rng: source of chance: which ones all are compared with.

    Returns:
        The logarithm of the distance to the nearest but some: what is in company of a twentieth of 2,000 others is not
        rare. NaN where there are not as many.
    """
    known = np.isfinite(values).any(axis=1)
    result = np.full(len(values), np.nan)
    rows = np.flatnonzero(known)
    if len(rows) < 2:
        return result
    chosen = np.sort(rng.permutation(rows)[:REFERENCE])
    nth = int(np.ceil(NEIGHBOURS * len(chosen)))
    others = values[chosen]
    middle = np.nanmedian(others[:, (seen := np.isfinite(others).any(axis=0))], axis=0)
    basis = _basis(np.nan_to_num(others[:, seen] - middle))
    project = lambda part: (np.nan_to_num(part[:, seen] - middle) @ basis).astype(np.float32)  # noqa: E731
    reference = project(others)
    size = (reference**2).sum(axis=1)
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        own = project(values[part])
        distance = np.maximum((own**2).sum(axis=1)[:, None] + size - 2 * own @ reference.T, 0)
        same = video[part][:, None] == video[chosen]
        distance[same & (np.abs(time[part][:, None] - time[chosen]) < APART)] = np.inf
        nearest = np.sqrt(np.partition(distance, nth - 1, axis=1)[:, nth - 1])
        result[part] = np.where(np.isfinite(nearest), nearest, np.nan)
    floor = 1e-3 * np.nanmedian(result) + 1e-9 if np.isfinite(result).any() else 1.0
    return np.log(result + floor)


def _basis(values: np.ndarray) -> np.ndarray:
    """Find the directions in which values f64[n, dimension] differ the most: f64[dimension, at most 24]."""
    if values.shape[1] <= DIMENSIONS:
        return np.eye(values.shape[1])
    return np.linalg.svd(values, full_matrices=False)[2][:DIMENSIONS].T
