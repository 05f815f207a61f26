"""Pseudo-labels: what a model says of frames so surely, and so much the same, that it may teach the next one.

Where a keypoint is said to be is the median over the frame and its turned and mirrored copies, which is nearer to the
truth than any of them. It counts if the model is sure, if all copies agree, if it does not jump between neighbouring
frames, and if it lies no farther from the other keypoints than they do in the rest of the video.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from marey.adaptation.consistency import between, paired, seen_in_copies
from marey.adaptation.films import LENGTH, Film
from marey.adaptation.sight import Animals, Sight

MIN_CONFIDENCE = 0.4  # raw, of the frame itself and in the middle of its copies
MAX_SPREAD = 0.08  # body lengths that the copies lie from their median, at most
MAX_JUMP = 0.15  # body lengths from half way between the neighbouring frames
FARTHEST_QUANTILE, STRETCH = 0.95, 1.2  # distances to other keypoints: at most so many times this quantile
MIN_PART = 0.5  # of the keypoints of each animal, for a frame that teaches


class Taught(NamedTuple):
    """Hold a frame that teaches: image u8[height, width, 3] and points f32[animal, keypoint, 2], NaN = not known."""

    image: np.ndarray
    points: np.ndarray


def pseudo_labels(sight: Sight, film: Film, body: float) -> list[Taught]:
    """Find the frames of a film that may teach; those that are held out do not; `body` is an animal's length, px."""
    windows = film.images[~film.held_out]
    before, middle, after = (sight(list(windows[:, place])) for place in range(LENGTH))
    copies = seen_in_copies(sight, windows[:, LENGTH // 2])
    limits = _farthest(middle)
    taught = []
    for index, seen in enumerate(middle):
        near = between(before[index], after[index])
        if not len(seen.points) or len(near.points) != len(seen.points):
            continue
        agreed = _agreed(seen, [each[index] for each in copies], body)
        agreed[~_steady(seen, near, body) | ~_near_enough(agreed, limits)] = np.nan
        if (np.isfinite(agreed).all(axis=-1).mean(axis=1) >= MIN_PART).all():
            taught.append(Taught(windows[index, LENGTH // 2], agreed.astype(np.float32)))
    return taught


def spread_over_postures(taught: Sequence[Taught], number: int) -> list[Taught]:
    """Choose frames whose postures and places differ: each is the farthest from all that were chosen before it."""
    if len(taught) <= number:
        return list(taught)
    first = np.stack([np.nan_to_num(each.points[0] - np.nanmean(each.points, axis=(0, 1))).ravel() for each in taught])
    place = np.stack([np.nanmean(each.points, axis=(0, 1)) for each in taught])
    features = np.column_stack([first, place])
    chosen = [int(np.linalg.norm(features - features.mean(axis=0), axis=1).argmin())]
    distance = np.full(len(features), np.inf)
    while len(chosen) < number:
        distance = np.minimum(distance, np.linalg.norm(features - features[chosen[-1]], axis=1))
        chosen.append(int(distance.argmax()))
    return [taught[index] for index in sorted(chosen)]


def _agreed(seen: Animals, copies: Sequence[Animals], body: float) -> np.ndarray:
    """Return the median place of each keypoint, f64[animal, keypoint, 2], NaN where views differ or are not sure."""
    views = np.full((1 + len(copies), *seen.points.shape), np.nan)
    sure = np.zeros(views.shape[:-1])
    views[0], sure[0] = seen.points, seen.confidence
    for number, copy in enumerate(copies, start=1):
        for mine, other in paired(seen.points, copy.points):
            views[number, mine], sure[number, mine] = copy.points[other], copy.confidence[other]
    middle = np.median(views, axis=0)  # NaN where any is
    spread = np.linalg.norm(views - middle, axis=-1).max(axis=0)
    good = (spread <= MAX_SPREAD * body) & (np.median(sure, axis=0) >= MIN_CONFIDENCE)
    return np.where((good & (seen.confidence >= MIN_CONFIDENCE))[..., None], middle, np.nan)


def _steady(seen: Animals, near: Animals, body: float) -> np.ndarray:
    """Tell which keypoints do not jump, bool[animal, keypoint]."""
    steady = np.zeros(seen.points.shape[:2], bool)
    for mine, other in paired(seen.points, near.points):
        steady[mine] = np.linalg.norm(seen.points[mine] - near.points[other], axis=-1) <= MAX_JUMP * body
    return steady


def _farthest(seen: Sequence[Animals]) -> np.ndarray:
    """Find how far each two keypoints of an animal lie apart in a video at most, f64[keypoint, keypoint] px."""
    points = np.concatenate([each.points for each in seen])
    sure = np.concatenate([each.confidence for each in seen]) >= MIN_CONFIDENCE
    points = np.where(sure[..., None], points, np.nan)
    distance = np.linalg.norm(points[:, :, None] - points[:, None], axis=-1)
    known = np.isfinite(distance).any(axis=0)
    quantile = np.nanquantile(np.where(known, distance, 0), FARTHEST_QUANTILE, axis=0)
    return np.where(known, STRETCH * quantile, np.inf)


def _near_enough(points: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Tell which keypoints lie near to most of the others, bool[animal, keypoint]."""
    distance = np.linalg.norm(points[:, :, None] - points[:, None], axis=-1)
    known = np.isfinite(distance)
    return (known & (distance > limits)).sum(axis=-1) <= known.sum(axis=-1) / 2
