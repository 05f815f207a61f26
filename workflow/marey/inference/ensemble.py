"""Ensembles: one position from those of several networks (deep ensembles, Lakshminarayanan et al., NeurIPS 2017).

Averaging heatmaps and taking the highest peak beats averaging positions: where one member sees a false peak, the mean
of two far places is nowhere. A member's heatmap about its peak p of confidence c looks like c N(p, sigma), with the
sigma that it was trained with, so the average heatmap is known from the peaks alone: a mixture of Gaussians. Its
highest mode is the confidence-weighted mean where members lie within about 2 sigma of each other (two equal Gaussians
closer than that have one mode), and the place of the more confident ones where they do not.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from marey.inference import reaches
from marey.inference.detector import Detector

MODE_ROUNDS = 30  # of the mean shift; each at least halves what is left wherever members agree within sigma


def pool(
    points: np.ndarray, confidence: np.ndarray, *, sigma: float, reach: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the highest mode of the members' averaged heatmaps, how high it is, and how far the members lie apart.

    One member comes back as it is; points that no member found are NaN and 0.

    Args:
        points: f32[member, n, keypoint, 2], (x, y) px, NaN = nothing found.
        confidence: f32[member, n, keypoint].
        sigma: px, the standard deviation of the peaks.
        reach: f64[keypoint, keypoint], px, that two keypoints of the only animal lie apart at most: where members see
            it in different places, its keypoints are all in one of them. None: each keypoint is by itself.

    Returns:
        Points f32[n, keypoint, 2]; confidence f32[n, keypoint], the mean over the members of their confidence times
        exp(-d^2 / 2 sigma^2), d from the pooled point: a member that sees the keypoint elsewhere adds nothing; and the
        spread f32[n, keypoint], px, the members' standard deviation per axis about the pooled point, each weighted with
        its confidence: NaN with one member.
    """
    found = np.isfinite(points).all(axis=-1)
    places = np.where(found[..., None], points, 0).astype(np.float64)
    weight = np.where(found, confidence, 0).astype(np.float64)
    modes = np.stack([_climb(place, places, weight, sigma) for place in places])
    heights = np.stack([_kernel(places, mode, weight, sigma).mean(axis=0) for mode in modes])
    heights = np.where(found, heights, -1)
    best = np.argmax(heights if reach is None else _in_reach(modes, heights, reach), axis=0)[None]
    mode = np.take_along_axis(modes, best[..., None], axis=0)[0]
    height = np.maximum(np.take_along_axis(heights, best, axis=0)[0], 0)
    pooled = np.where(found.any(axis=0)[..., None], mode, np.nan)
    return pooled.astype(np.float32), height.astype(np.float32), _spread(places, mode, weight, found)


def pool_detections(members: Sequence[Detector], pictures: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
    """Pool, as `pool`, what `members` find in images; positions are px of the images."""
    points, confidence = zip(*(member(pictures) for member in members), strict=True)
    return pool(np.stack(points), np.stack(confidence), sigma=members[0].sigma, reach=members[0].reach)


def _in_reach(modes: np.ndarray, heights: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Lower the heights f64[member, n, keypoint] of modes that are out of reach of the rest of the animal."""
    if len(modes) == 1:
        return heights
    count = modes.shape[1]
    filled = 1 << max(count - 1, 0).bit_length()  # so that few programs serve any n
    places, sure = (
        np.pad(np.swapaxes(part, 0, 1).astype(np.float32), [(0, filled - count)] + [(0, 0)] * (part.ndim - 1))
        for part in (modes, heights)
    )
    return heights - np.swapaxes(np.asarray(_cost(places, sure, np.float32(reach)))[:count], 0, 1)


@jax.jit
def _cost(places: jax.Array, sure: jax.Array, reach: jax.Array) -> jax.Array:
    """Compute what each member's place f32[n, member, keypoint, 2] costs for being out of reach of the animal.

    `sure` f32[n, member, keypoint]. Run operation by operation, it took 10 ms a frame.
    """
    return reaches.far_cost(places, *reaches.choose_animal(places, jnp.maximum(sure, 0), reach), reach)


def _climb(place: np.ndarray, places: np.ndarray, weight: np.ndarray, sigma: float) -> np.ndarray:
    """Find the mode that leads up from `place` f64[..., 2]: a mean shift (Comaniciu & Meer, PAMI 2002)."""
    for _ in range(MODE_ROUNDS if len(places) > 1 else 0):
        place = _mean(places, _kernel(places, place, weight, sigma), place)
    return place


def _kernel(places: np.ndarray, at: np.ndarray, weight: np.ndarray, sigma: float) -> np.ndarray:
    """Compute the height of each member's heatmap at the point `at`: f64[member, ...]."""
    return weight * np.exp(-((places - at) ** 2).sum(axis=-1) / (2 * sigma**2))


def _mean(places: np.ndarray, weight: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """Compute the weighted mean over the members; `otherwise` where nothing weighs."""
    total = weight.sum(axis=0)[..., None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, (places * weight[..., None]).sum(axis=0) / total, otherwise)


def _spread(places: np.ndarray, mode: np.ndarray, weight: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Compute the standard deviation per axis, with the n - 1 that a mean of n members costs; NaN below two members."""
    members, total = found.sum(axis=0), weight.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = (((places - mode) ** 2).sum(axis=-1) / 2 * weight).sum(axis=0) / total
        return np.where(members > 1, np.sqrt(variance * members / (members - 1)), np.nan).astype(np.float32)
