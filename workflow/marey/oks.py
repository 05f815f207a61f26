"""Object keypoint similarity (OKS), and the average precision and recall that rest on it, by COCO's rules.

https://cocodataset.org/#keypoints-eval. Every found animal that matches none counts against precision.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

THRESHOLDS = np.arange(0.5, 0.96, 0.05)
RECALLS = np.linspace(0, 1, 101)
MOST = 20  # found animals of a frame that count, the surest first
FLATTEST = 0.1  # an animal's area is at least this part of the square of its longer side: some lie on a line


class Frame(NamedTuple):
    """The animals of a frame: `truth` f64[t, keypoint, 2] and `found` f64[f, keypoint, 2] px, NaN = not there.

    `score` f64[f]: how sure each found animal is.
    """

    truth: np.ndarray
    found: np.ndarray
    score: np.ndarray


def area(points: np.ndarray) -> np.ndarray:
    """Area of the box about the keypoints f64[n, keypoint, 2] of each animal, f64[n] px^2, at least 1.

    Every animal has at least one keypoint.
    """
    sides = np.nanmax(points, axis=1) - np.nanmin(points, axis=1)
    return np.maximum(np.maximum(sides.prod(axis=1), FLATTEST * sides.max(axis=1) ** 2), 1)


def similarity(truth: np.ndarray, found: np.ndarray, *, sigma: float) -> np.ndarray:
    """OKS f64[t, f] of animals f64[t, keypoint, 2] and f64[f, keypoint, 2] px.

    The mean over the true keypoints of exp(-d^2 / (2 area (2 sigma)^2)); one that was not found counts 0. `sigma`, of
    all keypoints alike: 0.025 in SLEAP, 0.1 in DeepLabCut.
    """
    squared = ((truth[:, None] - found) ** 2).sum(axis=-1)
    near = np.exp(-squared / (2 * area(truth)[:, None, None] * (2 * sigma) ** 2))
    there = np.isfinite(truth).all(axis=-1).sum(axis=1)
    return np.nan_to_num(near).sum(axis=-1) / there[:, None]


def average_precision(frames: Sequence[Frame], *, sigma: float) -> tuple[float, float]:
    """Mean average precision and mean average recall over THRESHOLDS; NaN where no animal is there.

    Animals without a keypoint are left out, on either side.
    """
    scores, hits, animals = [], [], 0
    for frame in frames:
        truth, found = (part[np.isfinite(part).all(axis=-1).any(axis=-1)] for part in frame[:2])
        score = frame.score[np.isfinite(frame.found).all(axis=-1).any(axis=-1)]
        order = np.argsort(-score, kind="stable")[:MOST]
        animals += len(truth)
        scores.append(score[order])
        hits.append(_matched(similarity(truth, found[order], sigma=sigma)))
    if not animals:
        return float("nan"), float("nan")
    ranked = np.argsort(-np.concatenate(scores), kind="stable")
    right = np.concatenate(hits, axis=1)[:, ranked].cumsum(axis=1)
    if not right.size:
        return 0.0, 0.0
    precision = right / np.arange(1, right.shape[1] + 1)
    precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    padded = np.pad(precision, [(0, 0), (0, 1)])
    places = [np.searchsorted(row / animals, RECALLS) for row in right]
    means = [row[place].mean() for row, place in zip(padded, places, strict=True)]
    return float(np.mean(means)), float(right[:, -1].mean() / animals)


def _matched(similarity: np.ndarray) -> np.ndarray:
    """Which found animals, the surest first, match a true one that none before took: bool[threshold, f]."""
    result = np.zeros((len(THRESHOLDS), similarity.shape[1]), bool)
    for row, threshold in zip(result, THRESHOLDS, strict=True):
        free = similarity.copy()
        for index in range(len(row)):
            if len(free) and free[:, index].max() >= threshold:
                free[free[:, index].argmax()] = -1
                row[index] = True
    return result
