"""How well tracks of different cameras agree that they are one animal: the evidence that views are matched by.

At some times, the keypoints of a track are compared with the epipolar lines of those of another camera's track. What a
right pair is apart is learnt for each pair of cameras, since calibration and synchrony are not equally good; what a
wrong pair is apart follows from all pairs. The logarithm of the ratio of both densities is what a time says. Keypoints
of an animal are wrong together, and so are times that follow each other: of the keypoints the mean counts, and all
times of a second count once.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from marey.multiview import epipolar
from marey.multiview.cameras import Camera
from marey.multiview.seen_motion import MAD_TO_SD

STRANGE = 0.1  # part of the places of a right pair that may be anywhere
MIN_CONTRAST = 4.0  # times what right pairs are apart, that wrong ones are at least
SMALLEST = 0.3  # deviations that right pairs are apart, at least
FAR = 10.0  # deviations: what is farther apart counts as this
PEAK = np.sqrt(2 / np.pi)  # density of the distance of a normal deviate from 0, at 0


class Scale(NamedTuple):
    """What pairs of cameras are apart, in standard deviations of what is seen."""

    right: np.ndarray  # f64[camera, camera], right pairs of tracks; NaN = not known
    wrong: np.ndarray  # f64[camera, camera], where wrong ones are spread over


class Agreement(NamedTuple):
    """How well pairs of tracks agree at some times; a row is a pair at a time."""

    camera: np.ndarray  # i64[row, 2]
    track: np.ndarray  # i64[row, 2], which of the camera's tracks
    time: np.ndarray  # i64[row], number of the time, of those that were given
    score: np.ndarray  # f64[row], log odds that both are one animal
    apart: np.ndarray  # f64[row], median over keypoints, in standard deviations of noise


class Glimpse(NamedTuple):
    """What a camera sees of its tracks at some times."""

    seen: np.ndarray  # f64[time, track, keypoint, 2], (x, y) px; NaN = not seen
    sigma: np.ndarray  # f64[time, track, keypoint], px


def look(cameras: Sequence[Camera], glimpses: Sequence[Glimpse]) -> list[epipolar.Directions]:
    """Turn what each camera sees into directions."""
    return [epipolar.directions(camera, *glimpse) for camera, glimpse in zip(cameras, glimpses, strict=True)]


def learn_scale(parts: Sequence[Sequence[epipolar.Directions]], wanted: np.ndarray | None = None) -> Scale:
    """Learn what right and wrong pairs of tracks are apart, from what all cameras see in some parts of a session.

    As many tracks of a camera as both cameras have are taken to be right where the other camera's track that is nearest
    is; that is so at most times, and the median over them is taken. `wanted` bool[camera, camera]: the pairs of cameras
    to learn of; all by default.
    """
    count = len(parts[0])
    right, wrong = np.full((count, count), np.nan), np.full((count, count), np.nan)
    for one, two in combinations(range(count), 2):
        if wanted is not None and not wanted[one, two]:
            continue
        near, all_pairs = zip(*(_nearest(_distances(part[one], part[two])) for part in parts), strict=True)
        near, all_pairs = np.concatenate(near), np.concatenate(all_pairs)
        if not len(near):
            continue
        right[one, two] = right[two, one] = max(MAD_TO_SD * float(np.median(near)), SMALLEST)
        far = 2 * float(np.quantile(all_pairs, 0.75))
        wrong[one, two] = wrong[two, one] = max(far, MIN_CONTRAST * right[one, two])
    return Scale(right, wrong)


def _nearest(away: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the tracks that have a right partner are from the nearest, and all pairs from each other, f64[n] each."""
    if not away.size:
        return np.zeros(0), np.zeros(0)
    pair = _typical(away)
    known = np.isfinite(pair)
    both = np.minimum(*(known.any(axis=axis).sum(axis=1) for axis in (1, 2)))
    nearest = np.sort(np.where(known, pair, np.inf).min(axis=2), axis=1)
    return nearest[np.arange(nearest.shape[1]) < both[:, None]], away[np.isfinite(away)]


def agree(views: Sequence[epipolar.Directions], scale: Scale) -> Agreement:
    """Tell how well all pairs of tracks of different cameras agree at each time."""
    parts = []
    for one, two in combinations(range(len(views)), 2):
        if np.isnan(scale.right[one, two]):
            continue
        away = _distances(views[one], views[two])
        known = np.isfinite(away)
        keypoints = known.sum(axis=3)
        time, first, second = np.nonzero(keypoints)
        ratio = scale.wrong[one, two] / scale.right[one, two]
        density = (1 - STRANGE) * PEAK * ratio * np.exp(-((away / scale.right[one, two]) ** 2) / 2)
        odds = np.where(known, np.log(density + STRANGE), 0.0).sum(axis=3)
        apart = MAD_TO_SD * np.minimum(_typical(away), FAR)
        cells = time, first, second
        camera = np.tile([one, two], (len(time), 1))
        track = np.stack([first, second], axis=1)
        parts.append((camera, track, time, odds[cells] / keypoints[cells], apart[cells]))
    if not parts:
        none = np.zeros((0, 2), int)
        return Agreement(none, none, np.zeros(0, int), np.zeros(0), np.zeros(0))
    return Agreement(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _distances(one: epipolar.Directions, two: epipolar.Directions) -> np.ndarray:
    """How far each keypoint of each track of a camera is from that of each track of another, f64[time, one, two, k]."""
    every = slice(None)
    return np.abs(epipolar.distance(one.at((every, every, None)), two.at((every, None))))


def _typical(away: np.ndarray) -> np.ndarray:
    """The median over keypoints, NaN where none is there."""
    ordered, count = np.sort(away, axis=-1), np.isfinite(away).sum(axis=-1, keepdims=True)
    middle = [np.take_along_axis(ordered, part, axis=-1) for part in (np.maximum(count - 1, 0) // 2, count // 2)]
    return (middle[0] + middle[1])[..., 0] / 2
