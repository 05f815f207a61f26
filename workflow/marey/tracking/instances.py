"""Poses before it is known which animal each is of, and how far apart two of them lie."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

PAIRS_AT_ONCE = 200_000  # pairs of poses that are compared at once


@dataclass(frozen=True)
class Instances:
    """The poses of a video, in order of frames: `frame` i64[n]; `points` f32[n, keypoint, 2], (x, y) px, NaN = unseen.

    Every pose has at least one point.
    """

    frame: np.ndarray
    points: np.ndarray

    def __len__(self) -> int:
        return len(self.frame)

    def blocks(self) -> Iterator["Instances"]:
        """Yield all of them at once, as a source of poses."""
        yield self


def distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Measure how far apart poses lie: the median distance of the keypoints that both show, px.

    `first` and `second` f32[n, keypoint, 2] px; returns f32[n]. Poses that share no keypoint are as far apart as their
    middles. A median, so that a point that jumped to another animal does not matter.
    """
    result = np.empty(len(first), np.float32)
    for start in range(0, len(first), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        apart = np.sqrt(((first[part] - second[part]) ** 2).sum(axis=-1))
        ordered, shared = np.sort(apart, axis=1), np.isfinite(apart).sum(axis=1)  # NaN comes last
        rows, half = np.arange(len(apart)), np.maximum(shared, 1)
        result[part] = (ordered[rows, (half - 1) // 2] + ordered[rows, half // 2]) / 2
        strange = np.flatnonzero(shared == 0)
        if len(strange):
            between = centroid(first[part][strange]) - centroid(second[part][strange])
            result[start + strange] = np.sqrt((between**2).sum(axis=-1))
    return result


def displacement(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Measure the way from one pose to another, f32[n, 2] px: the mean over shared keypoints, or that of the middles.

    `first` and `second` f32[n, keypoint, 2] px, NaN = unseen.
    """
    step = second - first
    shared = np.isfinite(step).all(axis=-1)
    count = shared.sum(axis=1)[:, None]
    mean = np.where(shared[..., None], step, 0).sum(axis=1) / np.maximum(count, 1)
    strange = np.flatnonzero(count[:, 0] == 0)
    mean[strange] = centroid(second[strange]) - centroid(first[strange])
    return mean


def centroid(points: np.ndarray) -> np.ndarray:
    """Compute the mean of the seen keypoints, f32[n, 2] px, of f32[n, keypoint, 2]."""
    seen = np.isfinite(points).all(axis=-1, keepdims=True)
    return np.where(seen, points, 0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
