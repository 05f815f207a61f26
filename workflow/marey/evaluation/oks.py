"""Object keypoint similarity (OKS), and the average precision and recall that rest on it, by COCO's rules.

https://cocodataset.org/#keypoints-eval. Every found animal that matches none counts against precision.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

SIGMA_OF_SLEAP, SIGMA_OF_DEEPLABCUT = SIGMAS = 0.025, 0.1  # of all keypoints alike, as these programs report OKS
THRESHOLDS = np.arange(0.5, 0.96, 0.05)
RECALLS = np.linspace(0, 1, 101)
MOST = 20  # found animals of a frame that count, highest confidence first
BLOCK = 1_000_000  # weights held at once by `averages`: 8 MB
FLATTEST = 0.1  # an animal's area is at least this part of the square of its longer side: some lie on a line


class Frame(NamedTuple):
    """The animals of a frame: `truth` f64[t, keypoint, 2] and `found` f64[f, keypoint, 2] px, NaN = not there.

    `score` f64[f]: how sure each found animal is.
    """

    truth: np.ndarray
    found: np.ndarray
    score: np.ndarray


class Judged(NamedTuple):
    """The found animals of all frames, highest confidence first: `hits` bool[threshold, n] and their `frame` i64[n].

    `animals` i64[frame]: how many true ones each frame shows.
    """

    hits: np.ndarray
    frame: np.ndarray
    animals: np.ndarray


def area(points: np.ndarray, *, lone: float = 1.0) -> np.ndarray:
    """Area of the box about the keypoints f64[n, keypoint, 2] of each animal, f64[n] px^2, at least 1.

    Every animal has at least one keypoint; one of a single keypoint has no size and gets the area `lone`.
    """
    sides = np.nanmax(points, axis=1) - np.nanmin(points, axis=1)
    boxes = np.maximum(np.maximum(sides.prod(axis=1), FLATTEST * sides.max(axis=1) ** 2), 1)
    return np.where(there(points).sum(axis=1) == 1, lone, boxes)


def lone_area(points: np.ndarray) -> float:
    """The median area of those animals f64[n, keypoint, 2] that have several keypoints, px^2; 1 where none has.

    Objects, and animals of which one keypoint is labelled, are judged as if they were as large.
    """
    several = points[there(points).sum(axis=1) > 1]
    return float(np.median(area(several))) if len(several) else 1.0


def there(points: np.ndarray) -> np.ndarray:
    """Which keypoints f64[..., keypoint, 2] have a position, bool[..., keypoint]."""
    return np.isfinite(points).all(axis=-1)


def similarity(truth: np.ndarray, found: np.ndarray, *, sigma: float, lone: float = 1.0) -> np.ndarray:
    """OKS f64[t, f] of animals f64[t, keypoint, 2] and f64[f, keypoint, 2] px.

    The mean over the true keypoints of exp(-d^2 / (2 area (2 sigma)^2)); one that was not found counts 0. `sigma`, of
    all keypoints alike: 0.025 in SLEAP, 0.1 in DeepLabCut. `lone` as in `area`.
    """
    squared = ((truth[:, None] - found) ** 2).sum(axis=-1)
    near = np.exp(-squared / (2 * area(truth, lone=lone)[:, None, None] * (2 * sigma) ** 2))
    return np.nan_to_num(near).sum(axis=-1) / there(truth).sum(axis=1)[:, None]


def average_precision(frames: Sequence[Frame], *, sigma: float) -> tuple[float, float]:
    """Mean average precision and mean average recall over THRESHOLDS; NaN where no animal is there.

    Animals without a keypoint are left out, on either side.
    """
    precision, recall = averages(judge(frames, sigma=sigma), np.ones((1, len(frames))))
    return float(precision[0]), float(recall[0])


def judge(frames: Sequence[Frame], *, sigma: float, lone: float = 1.0) -> Judged:
    """Which found animals are right at each of THRESHOLDS; `lone` as in `area`."""
    scores, hits, owners, animals = [np.empty(0)], [np.empty((len(THRESHOLDS), 0), bool)], [np.empty(0, int)], []
    for number, frame in enumerate(frames):
        truth, found = (part[there(part).any(axis=-1)] for part in frame[:2])
        score = frame.score[there(frame.found).any(axis=-1)]
        order = np.argsort(-score, kind="stable")[:MOST]
        animals.append(len(truth))
        scores.append(score[order])
        hits.append(_matched(similarity(truth, found[order], sigma=sigma, lone=lone)))
        owners.append(np.full(len(order), number))
    ranked = np.argsort(-np.concatenate(scores), kind="stable")
    return Judged(
        np.concatenate(hits, axis=1)[:, ranked], np.concatenate(owners)[ranked], np.array(animals, dtype=np.int64)
    )


def averages(judged: Judged, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean average precision and mean average recall f64[r], each frame counted as often as `weights` f64[r, frame].

    As `average_precision` of frames that are repeated so often, without ranking anew: copies of a found animal follow
    each other, so the precision after the last is the best that they reach, if they are right.
    """
    precision, recall = np.zeros(len(weights)), np.zeros(len(weights))
    block = max(1, BLOCK // max(1, len(judged.frame)))
    for start in range(0, len(weights), block):
        part = slice(start, start + block)
        each = weights[part][:, judged.frame]
        count = np.maximum(each.cumsum(axis=1), 1e-12)
        animals = (weights[part] @ judged.animals)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            for hit in judged.hits:
                right = (each * hit).cumsum(axis=1)
                best = np.maximum.accumulate((right / count)[:, ::-1], axis=1)[:, ::-1]
                reached = np.searchsorted(RECALLS, right / animals, side="right")  # recalls reached by then
                precision[part] += (np.diff(reached, axis=1, prepend=0) * best).sum(axis=1) / len(RECALLS)
                recall[part] += right[:, -1] / animals[:, 0] if right.size else 0
        for mean in (precision, recall):
            mean[part] = np.where(animals[:, 0] > 0, mean[part] / len(THRESHOLDS), np.nan)
    return precision, recall


def _matched(similarity: np.ndarray) -> np.ndarray:
    """Which found animals, highest confidence first, match a true one that none before took: bool[threshold, f]."""
    result = np.zeros((len(THRESHOLDS), similarity.shape[1]), bool)
    for row, threshold in zip(result, THRESHOLDS, strict=True):
        free = similarity.copy()
        for index in range(len(row)):
            if len(free) and free[:, index].max() >= threshold:
                free[free[:, index].argmax()] = -1
                row[index] = True
    return result
