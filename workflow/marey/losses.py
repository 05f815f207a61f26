"""The training loss: is the keypoint here, and how far from here.

Heatmaps learn by binary cross-entropy with the Gaussians as soft labels, whose best answer is the expected height of
the target. The penalty-reduced focal loss of CornerNet (Law & Deng 2018) and CenterNet (Zhou et al. 2019) weights
cells by the answer itself, so that its best answer is no such mean and confidences need calibration before a cut
means anything. The sum is divided by the number of points, not of cells: a mean over cells would shrink the few cells
that matter, the more so the larger the crop. A fresh head should answer about 0.01 everywhere (bias -4.6; Lin et al.
2017), or the thousands of background cells drown the first steps.
"""

import jax
import jax.numpy as jnp
import optax
from jax.scipy.special import entr

from marey import targets

# Visibility codes, in the order of tables.labels.VISIBILITIES: 0 visible, 1 occluded, 2 absent, 3 unlabelled.
OCCLUDED, UNLABELLED = 1, 3


def pose_loss(
    outputs: dict[str, jax.Array],
    points: jax.Array,
    visibility: jax.Array,
    *,
    stride: int,
    sigma: float,
    radius: float,
    offset_weight: float,
    counts: tuple[jax.Array, jax.Array],
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Loss of a batch and its parts, `heatmap_loss` and `offset_loss`; all f32[].

    `outputs`: `heatmap` f32[B, h, w, K], logits, and `offset` f32[B, h, w, K, 2], px. `points` f32[B, N, K, 2], (x, y)
    px of the network's input, NaN allowed; `visibility` i8[B, N, K]; `sigma` and `radius` in px; `counts` those of
    `counts` for the whole batch, of which this may be a part. Visible and occluded points are learnt, absent ones are
    background, and a keypoint that is unlabelled in any individual says nothing in the whole picture, since it may be
    anywhere. Slots of individuals that a picture does not have are absent.
    """
    located, known = _labelled(points, visibility)
    shape = outputs["heatmap"].shape[1:3]
    target = targets.heatmaps(points, located, shape=shape, stride=stride, sigma=sigma)
    offset, mask = targets.offsets(points, located, shape=shape, stride=stride, radius=radius)
    parts = {
        "heatmap_loss": heatmap_loss(outputs["heatmap"], target, known, count=counts[0]),
        "offset_loss": offset_loss(outputs["offset"], offset, mask, stride=stride, count=counts[1]),
    }
    return parts["heatmap_loss"] + offset_weight * parts["offset_loss"], parts


def counts(
    points: jax.Array, visibility: jax.Array, *, shape: tuple[int, int], stride: int, radius: float
) -> tuple[jax.Array, jax.Array]:
    """What the parts of `pose_loss` are divided by: the points to learn, and the cells within `radius` px of one.

    `points` f32[B, N, K, 2], `visibility` i8[B, N, K], `shape` (h, w) cells of the output. i32[] each.
    """
    located, known = _labelled(points, visibility)
    limits = jnp.array([shape[1], shape[0]]) * stride
    inside = located & ((points >= 0) & (points <= limits)).all(axis=-1)
    _, mask = targets.offsets(points, located, shape=shape, stride=stride, radius=radius)
    return jnp.sum(inside & known[:, None]), jnp.sum(mask)


def _labelled(points: jax.Array, visibility: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Which points have a place, bool[B, N, K], and which channels are known throughout their picture, bool[B, K]."""
    located = (visibility <= OCCLUDED) & jnp.isfinite(points).all(axis=-1)
    unknown = (visibility == UNLABELLED) | ((visibility <= OCCLUDED) & ~located)
    return located, ~unknown.any(axis=1)


def heatmap_loss(logits: jax.Array, target: jax.Array, known: jax.Array, *, count: jax.Array) -> jax.Array:
    """Divergence of the heatmaps from their targets, nats per point; 0 where they agree.

    `logits` and `target` (0..1) f32[B, h, w, K]; `known` bool[B, K], channels that count; `count` i32[], their points.
    The cross-entropy less the target's own entropy, which no answer can undercut: the gradient is that of the
    cross-entropy, and the value can be compared between sigmas and strides.
    """
    target = jax.lax.stop_gradient(target)
    divergence = optax.sigmoid_binary_cross_entropy(logits, target) - entr(target) - entr(1 - target)
    return jnp.sum(jnp.where(known[:, None, None], divergence, 0)) / jnp.maximum(count, 1)


def offset_loss(offset: jax.Array, target: jax.Array, mask: jax.Array, *, stride: int, count: jax.Array) -> jax.Array:
    """Huber loss (quadratic below one stride) of the offsets, summed over x, y and the cells in `mask`, per cell.

    `offset` and `target` f32[B, h, w, K, 2], px; `mask` bool[B, h, w, K]; `count` i32[], the cells to divide by.
    """
    error = jnp.where(mask[..., None], offset - jax.lax.stop_gradient(target), 0) / stride
    return jnp.sum(optax.huber_loss(error)) / jnp.maximum(count, 1)
