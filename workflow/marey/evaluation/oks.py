"""Object keypoint similarity (OKS), and the average precision and recall that rest on it, by COCO's rules.

https://cocodataset.org/#keypoints-eval. Every found animal that matches none counts against precision.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

SIGMA_OF_SLEAP, SIGMA_OF_DEEPLABCUT = SIGMAS = 0.025, 0.1  # of all keypoints alike, as these programs report OKS
OKS_THRESHOLDS = np.arange(0.5, 0.96, 0.05)
RECALL_LEVELS = np.linspace(0, 1, 101)
MAX_FOUND_ANIMALS = 20  # found animals of a frame that count, highest confidence first
MAX_FRAME_WEIGHTS = 1_000_000  # weights of found animals held at once by `weighted_averages`: 8 MB
MIN_AREA_RATIO = 0.1  # an animal's area is at least this part of the square of its longer side: some lie on a line


class FrameAnimals(NamedTuple):
    """The animals of a frame: `truth` f64[t, keypoint, 2] and `found` f64[f, keypoint, 2] px, NaN = not there.

    `score` f64[f]: how sure each found animal is.
    """

    truth: np.ndarray
    found: np.ndarray
    score: np.ndarray


class JudgedAnimals(NamedTuple):
    """The found animals of all frames, highest confidence first: `hits` bool[threshold, n] and their `frame` i64[n].

    `animals` i64[frame]: how many true ones each frame shows.
    """

    hits: np.ndarray
    frame: np.ndarray
    animals: np.ndarray


def animal_area(points: np.ndarray, *, lone: float = 1.0) -> np.ndarray:
    """Compute the area of the box about the keypoints f64[n, keypoint, 2] of each animal, f64[n] px^2, at least 1.

    Every animal has at least one keypoint; one of a single keypoint has no size and gets the area `lone`.
    """
    sides = np.nanmax(points, axis=1) - np.nanmin(points, axis=1)
    boxes = np.maximum(np.maximum(sides.prod(axis=1), MIN_AREA_RATIO * sides.max(axis=1) ** 2), 1)
    return np.where(has_position(points).sum(axis=1) == 1, lone, boxes)


def lone_area(points: np.ndarray) -> float:
    """Compute the median area of those animals f64[n, keypoint, 2] that have several keypoints, px^2; 1 where none has.

    Objects, and animals of which one keypoint is labelled, are judged as if they were as large.
    """
    several = points[has_position(points).sum(axis=1) > 1]
    return float(np.median(animal_area(several))) if len(several) else 1.0


def has_position(points: np.ndarray) -> np.ndarray:
    """Return which keypoints f64[..., keypoint, 2] have a position, bool[..., keypoint]."""
    return np.isfinite(points).all(axis=-1)


def similarity(truth: np.ndarray, found: np.ndarray, *, sigma: float, lone: float = 1.0) -> np.ndarray:
    """Compute the OKS of each pair of a true and a found animal.

    The mean over the true keypoints of exp(-d^2 / (2 area (2 sigma)^2)); a keypoint that was not found counts 0.

    Args:
        truth: f64[t, keypoint, 2] px, NaN = not there.
        found: f64[f, keypoint, 2] px, NaN = not there.
        sigma: of all keypoints alike: 0.025 in SLEAP, 0.1 in DeepLabCut.
        lone: as in `animal_area`.

    Returns:
        f64[t, f], 0..1.
    """
    squared = ((truth[:, None] - found) ** 2).sum(axis=-1)
    near = np.exp(-squared / (2 * animal_area(truth, lone=lone)[:, None, None] * (2 * sigma) ** 2))
    return np.nan_to_num(near).sum(axis=-1) / has_position(truth).sum(axis=1)[:, None]


def average_precision(frames: Sequence[FrameAnimals], *, sigma: float) -> tuple[float, float]:
    """Compute mean average precision and mean average recall over OKS_THRESHOLDS; NaN where no animal is there.

    Animals without a keypoint are left out, on either side.
    """
    precision, recall = weighted_averages(judge_animals(frames, sigma=sigma), np.ones((1, len(frames))))
    return float(precision[0]), float(recall[0])


def judge_animals(frames: Sequence[FrameAnimals], *, sigma: float, lone: float = 1.0) -> JudgedAnimals:
    """Decide which found animals are right at each of OKS_THRESHOLDS; `lone` as in `animal_area`."""
    scores, hits, owners, animals = [np.empty(0)], [np.empty((len(OKS_THRESHOLDS), 0), bool)], [np.empty(0, int)], []
    for number, frame in enumerate(frames):
        truth, found = (part[has_position(part).any(axis=-1)] for part in frame[:2])
        score = frame.score[has_position(frame.found).any(axis=-1)]
        order = np.argsort(-score, kind="stable")[:MAX_FOUND_ANIMALS]
        animals.append(len(truth))
        scores.append(score[order])
        hits.append(_matched(similarity(truth, found[order], sigma=sigma, lone=lone)))
        owners.append(np.full(len(order), number))
    ranked = np.argsort(-np.concatenate(scores), kind="stable")
    return JudgedAnimals(
        np.concatenate(hits, axis=1)[:, ranked], np.concatenate(owners)[ranked], np.array(animals, dtype=np.int64)
    )


def weighted_averages(judged: JudgedAnimals, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute mean average precision and recall f64[r], each frame counted as often as `weights` f64[r, frame].

    As `average_precision` of frames that are repeated so often, without ranking anew: copies of a found animal follow
    each other, so the precision after the last is the best that they reach, if they are right.
    """
    precision, recall = np.zeros(len(weights)), np.zeros(len(weights))
    block = max(1, MAX_FRAME_WEIGHTS // max(1, len(judged.frame)))
    for start in range(0, len(weights), block):
        part = slice(start, start + block)
        each = weights[part][:, judged.frame]
        count = np.maximum(each.cumsum(axis=1), 1e-12)
        animals = (weights[part] @ judged.animals)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            for hit in judged.hits:
                right = (each * hit).cumsum(axis=1)
                best = np.maximum.accumulate((right / count)[:, ::-1], axis=1)[:, ::-1]
                reached = np.searchsorted(RECALL_LEVELS, right / animals, side="right")  # recalls reached by then
                precision[part] += (np.diff(reached, axis=1, prepend=0) * best).sum(axis=1) / len(RECALL_LEVELS)
                recall[part] += right[:, -1] / animals[:, 0] if right.size else 0
        for mean in (precision, recall):
            mean[part] = np.where(animals[:, 0] > 0, mean[part] / len(OKS_THRESHOLDS), np.nan)
    return precision, recall


def _matched(similarity: np.ndarray) -> np.ndarray:
    """Find which animals, highest confidence first, match a true one that none before took: bool[threshold, f]."""
    result = np.zeros((len(OKS_THRESHOLDS), similarity.shape[1]), bool)
    for row, threshold in zip(result, OKS_THRESHOLDS, strict=True):
        free = similarity.copy()
        for index in range(len(row)):
            if len(free) and free[:, index].max() >= threshold:
                free[free[:, index].argmax()] = -1
                row[index] = True
    return result
