"""The terms by which frames of a video are unusual: those of the table `outliers`, before they are compared."""

import warnings

import numpy as np

from marey.experiment.skeletons import Skeleton
from marey.labelling import anatomy
from marey.labelling.motion import motion_terms
from marey.labelling.series import Series
from marey.labelling.surprise import rarity

MIN_WIDTH = 1e-3  # px, of an animal
MIN_INTERVAL = 1e-3  # s, between frames


def video_terms(series: list[Series], times: np.ndarray, skeleton: Skeleton) -> dict[str, np.ndarray]:
    """Measure what can be said of the frames of one video by itself, the worst animal of each.

    Args:
        series: the animals.
        times: f64[frame], s.
        skeleton: keypoints, limbs and pairs.

    Returns:
        By term, f64[frame]; NaN where nothing can be said.
    """
    found = {}
    rate = 1 / max(float(np.median(np.diff(times))) if len(times) > 1 else 1.0, MIN_INTERVAL)
    every = np.concatenate([np.empty((0, len(skeleton.keypoints), 2)), *(one.points for one in series)])
    limb, swap = anatomy.limb_term(every, skeleton), anatomy.swap_term(every, skeleton.pairs)
    start = 0
    for one in series:
        stop = start + len(one.points)
        terms = {**_confidence_terms(one), **motion_terms(one.points, rate), "limb": limb[start:stop]}
        terms["swap"] = np.fmax(swap[start:stop], anatomy.swap_in_time(one.points, skeleton.pairs, rate))
        for name, values in terms.items():
            worst = found.setdefault(name, np.full(len(times), np.nan))
            worst[one.frames] = np.fmax(worst[one.frames], values)
        start = stop
    return {**found, "missing": missing_term(series, len(times))}


def _confidence_terms(one: Series) -> dict[str, np.ndarray]:
    """Measure uncertainty, of all points and of the one that lost most against its usual confidence, and spread."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        lost = np.nanmedian(one.confidence, axis=0) - one.confidence
        wrong = np.nanmean(1 - one.confidence, axis=1) + np.fmax(np.nanmax(lost, axis=1), 0)
        return {"uncertainty": np.log(wrong + 0.01), "spread": np.nanmean(np.log(one.sigma + 1e-3), axis=1)}


def missing_term(series: list[Series], frames: int) -> np.ndarray:
    """Measure how seldom so few, or so many, animals are seen, or so many points of one miss: f64[frame], nats."""
    animals, worst = np.zeros(frames, int), np.zeros(frames)
    for one in series:
        seen = one.seen
        animals[one.frames] += seen.any(axis=1)
        gone = _rareness(-seen.sum(axis=1))
        worst[one.frames] = np.maximum(worst[one.frames], np.where(seen.any(axis=1), gone, 0))
    return np.maximum(worst, np.maximum(_rareness(animals), _rareness(-animals)))


def _rareness(counts: np.ndarray) -> np.ndarray:
    """Compute minus the logarithm of how many of the counts i64[n] are as small as each."""
    order = np.sort(counts)
    return np.log(len(counts)) - np.log(np.maximum(np.searchsorted(order, counts, "right"), 1))


def video_shapes(series: list[Series], frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Collect the poses of some frames, i64[n] ascending, in units of the animals' width in this video.

    Returns places in `frames`, i64[pose], and shapes f64[pose, keypoint, 2].
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        every = [one.points - np.nanmean(one.points, axis=1, keepdims=True) for one in series]
        widths = [np.nanmean(np.linalg.norm(points, axis=-1), axis=1) for points in every]
        width = max(float(np.nan_to_num(np.nanmedian(np.concatenate([[np.nan], *widths])))), MIN_WIDTH)
    places, shapes = [np.empty(0, int)], []
    for one, points in zip(series, every, strict=True):
        first, last = np.searchsorted(frames, [one.frames.start, one.frames.stop])
        places.append(np.arange(first, last))
        shapes.append(points[frames[first:last] - one.start] / width)
    return np.concatenate(places), np.concatenate(shapes) if shapes else np.empty((0, 1, 2))


def pose_term(
    rows: np.ndarray, shapes: np.ndarray, video: np.ndarray, time: np.ndarray, *, rng: np.random.Generator
) -> np.ndarray:
    """Measure how far poses are from others like them: f64[frame of the pool], of the worst animal of each.

    Args:
        rows: i64[pose], its frame in the pool.
        shapes: f64[pose, keypoint, 2], as of `video_shapes`.
        video: i64[frame], of which video it is.
        time: f64[frame], s.
        rng: source of chance.
    """
    result = np.full(len(video), np.nan)
    if len(rows):
        placed = anatomy.aligned(shapes).reshape(len(shapes), -1)
        np.fmax.at(result, rows, rarity(placed, video[rows], time[rows], rng=rng))
    return result
