"""What is unusual of a pose by itself: limbs of other lengths, left and right exchanged, shapes that no other has."""

import itertools
import warnings

import numpy as np

from marey.experiment.skeletons import Skeleton
from marey.labelling.motion import running_median

MIN_SPREAD = 0.05  # of a limb's length: what it varies by anyway
CROSSING = 0.3  # of the usual distance of a pair: what exchanges are told by has to be longer
MAX_AXES = 3  # others by which a pair's sides are told
ROUNDS = 10  # of the alignment to a mean shape
MIN_POINTS = 3  # of a pose that is aligned


def limb_term(points: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Measure how unusual the lengths of limbs are, against those of the same video: f64[pose], of the worst one.

    `points` f64[pose, keypoint, 2], px, NaN = not seen. Without a skeleton, the limbs are those pairs of points whose
    distances vary the least.
    """
    count = points.shape[1]
    edges = skeleton.edges or tuple(itertools.combinations(range(count), 2))
    if not edges or not len(points):
        return np.full(len(points), np.nan)
    first, second = np.array(edges).T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        length = np.linalg.norm(points[:, first] - points[:, second], axis=-1)
        usual = np.nanmedian(length, axis=0)
        floor = MIN_SPREAD * np.nanmedian(usual) + 1e-6
        ratio = np.log((length + floor) / (usual + floor))
        spread = np.nanmedian(np.abs(ratio), axis=0)
        if not skeleton.edges:
            kept = np.argsort(spread, kind="stable")[: max(count - 1, 1)]
            ratio, spread = ratio[:, kept], spread[kept]
        return np.log(np.nanmax(np.abs(ratio) / (spread + MIN_SPREAD), axis=1) + 0.1)


def swap_in_time(points: np.ndarray, pairs: tuple, rate: float) -> np.ndarray:
    """Measure whether left and right change places against the frames about each: f64[frame], of the worst pair.

    `points` f64[frame, keypoint, 2] of one animal in consecutive frames, px; `rate` frames/s.
    """
    worst = np.full(len(points), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for left, right in pairs:
            across = points[:, left] - points[:, right]
            floor = CROSSING * np.nanmedian(np.linalg.norm(across, axis=-1)) + 1e-6
            for window in (max(int(rate / 4) // 2 * 2 + 1, 5), max(int(rate) // 2 * 2 + 1, 9)):
                usual = running_median(across, window)
                kept, changed = (np.linalg.norm(across - sign * usual, axis=-1) for sign in (1, -1))
                worst = np.fmax(worst, np.log((kept + floor) / (changed + floor)))
    return worst


def swap_term(points: np.ndarray, pairs: tuple) -> np.ndarray:
    """Measure whether left and right lie on the other sides than they mostly do: f64[pose], of the worst pair.

    A side is told by the direction to other points, or to the middle of other pairs, whichever of them it is told
    by most surely: an exchange of any pairs leaves these where they are.
    """
    worst = np.full(len(points), np.nan)
    if not len(points) or not pairs:
        return worst
    paired = {index for pair in pairs for index in pair}
    middles = [points[:, pair].mean(axis=1) for pair in map(list, pairs)]
    middles += [points[:, index] for index in range(points.shape[1]) if index not in paired]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for number, (left, right) in enumerate(pairs):
            across = points[:, left] - points[:, right]
            turns = [_turn(across, other - middles[number]) for at, other in enumerate(middles) if at != number]
            sure = sorted((turn for turn in turns if np.isfinite(turn).any()), key=_ambiguity)[:MAX_AXES]
            scores = [_crossed(turn) for turn in sure if _ambiguity(turn) < 1]
            if scores:
                worst = np.fmax(worst, np.nanmedian(scores, axis=0))
    return worst


def _turn(across: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Compute the sine of the angle from one direction to another, f64[pose], from f64[pose, 2] each."""
    cross = across[:, 0] * along[:, 1] - across[:, 1] * along[:, 0]
    size = np.linalg.norm(across, axis=-1) * np.linalg.norm(along, axis=-1)
    floor = 0.1 * np.nanmedian(size) + 1e-6
    return cross / np.maximum(size, floor)


def _ambiguity(turn: np.ndarray) -> float:
    """Compute the spread of sines against their median: below 1 these tell sides."""
    middle = np.nanmedian(turn)
    return float(2 * np.nanmedian(np.abs(turn - middle)) / (np.abs(middle) + 1e-6))


def _crossed(turn: np.ndarray) -> np.ndarray:
    middle = np.nanmedian(turn)
    floor = CROSSING * np.abs(middle)
    return np.log((np.abs(turn - middle) + floor) / (np.abs(turn + middle) + floor))


def aligned(shapes: np.ndarray) -> np.ndarray:
    """Turn and move shapes f64[pose, keypoint, 2] onto their mean; NaN as they are.

    Generalised Procrustes analysis (Gower 1975, Psychometrika 40) without reflection and scaling; poses of fewer than
    three points are NaN.
    """
    seen = np.isfinite(shapes).all(axis=-1)
    shapes = np.where((seen.sum(axis=1) >= MIN_POINTS)[:, None, None], shapes, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        whole = seen.sum(axis=1)
        if not len(shapes) or whole.max() < MIN_POINTS:
            return np.full(shapes.shape, np.nan)
        mean = shapes[int(np.argmax(whole))] - np.nanmean(shapes[int(np.argmax(whole))], axis=0)
        for _ in range(ROUNDS):
            placed = _onto(shapes, np.nan_to_num(mean), np.isfinite(mean[:, 0]))
            mean = np.nanmedian(placed, axis=0)
        return placed


def _onto(shapes: np.ndarray, mean: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Turn and move shapes f64[pose, keypoint, 2] onto one, f64[keypoint, 2], by the points that it has (`known`)."""
    use = np.isfinite(shapes).all(axis=-1) & known
    count = np.maximum(use.sum(axis=1), 1)[:, None]
    filled = np.where(use[..., None], shapes, 0)
    centre = filled.sum(axis=1) / count
    target = np.where(use[..., None], mean, 0)
    target_centre = target.sum(axis=1) / count
    a = np.where(use[..., None], filled - centre[:, None], 0)
    b = np.where(use[..., None], target - target_centre[:, None], 0)
    angle = np.arctan2((a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]).sum(axis=1), (a * b).sum(axis=(1, 2)))
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    moved = shapes - centre[:, None]
    turned = np.stack(
        [cosine * moved[..., 0] - sine * moved[..., 1], sine * moved[..., 0] + cosine * moved[..., 1]], axis=-1
    )
    return turned + target_centre[:, None]
