"""The training loss: is the keypoint here, where does its neighbour lie, and whose is it.

Heatmaps learn by binary cross-entropy with the Gaussians as soft labels, whose best answer is the expected height of
the target. The penalty-reduced focal loss of CornerNet (Law & Deng 2018) and CenterNet (Zhou et al. 2019) weights
cells by the answer itself, so that its best answer is no such mean and confidences need calibration before a cut
means anything. The sum is divided by the number of points, not of cells: a mean over cells would shrink the few cells
that matter, the more so the larger the crop. A fresh head should answer about 0.01 everywhere (bias -4.6; Lin et al.
2017), or the thousands of background cells drown the first steps.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.scipy.special import entr

from marey.tables.labels import VISIBILITIES
from marey.training import targets

VISIBLE, OCCLUDED, UNLABELLED = (VISIBILITIES.index(name) for name in ("visible", "occluded", "unlabelled"))


class Supervision(NamedTuple):
    """Say how labels become targets; lengths are px of the network's input.

    Attributes:
        stride: of the output's cells.
        sigma: of the heatmaps' peaks.
        edges: pairs of keypoints.
        width: on either side of an edge, where cells learn its direction, and about a keypoint, where they learn whose
            it is.
        affinity_weight: of the affinities in the loss.
        reach: as far as a keypoint may lie from the others of its animal; inf: anywhere.
        identity_weight: of the identities in the loss.
    """

    stride: int
    sigma: float
    edges: tuple[tuple[int, int], ...] = ()
    width: float = 0.0
    affinity_weight: float = 0.0
    reach: float = math.inf
    identity_weight: float = 0.0


class Counts(NamedTuple):
    """Hold what the parts of `pose_loss` are divided by, f32[] or i32[] each.

    Points to learn, edges to learn, visible points of a known individual.
    """

    points: jax.Array
    edges: jax.Array | int = 0
    identities: jax.Array | int = 0


def pose_loss(
    outputs: dict[str, jax.Array],
    points: jax.Array,
    visibility: jax.Array,
    identity: jax.Array | None = None,
    *,
    supervision: Supervision,
    counts: Counts,
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Compute the loss of a batch and its parts.

    Visible and occluded points are learnt, absent ones are background, and a keypoint that is unlabelled in an
    individual says nothing within `reach` of it, since it may be anywhere there. Slots of individuals that an image
    does not have are absent.

    Args:
        outputs: `heatmap` f32[B, h, w, K], logits; where there are edges, `affinity` f32[B, h, w, E, 2]; with
            `identity`, `identity` f32[B, h, w, I], logits.
        points: f32[B, N, K, 2], (x, y) px of the network's input, NaN allowed.
        visibility: i8[B, N, K], indices into `tables.labels.VISIBILITIES`.
        identity: i32[B, N], who each individual is, -1 = not known; None: identities are not learnt.
        supervision: how labels become targets.
        counts: those of `counts` for the whole batch, of which this may be a part.

    Returns:
        The loss f32[], and `heatmap_loss`, `affinity_loss` and `identity_loss`, f32[] each.
    """
    located, unlabelled = _labelled(points, visibility)
    place = {"shape": outputs["heatmap"].shape[1:3], "stride": supervision.stride}
    near = _surroundings(points, located, reach=supervision.reach, **place)
    target = targets.heatmap_targets(points, located, sigma=supervision.sigma, **place)
    total = heatmap_loss(outputs["heatmap"], target, ~_hidden(unlabelled, near), count=counts.points)
    parts = {"heatmap_loss": total, "affinity_loss": jnp.zeros(()), "identity_loss": jnp.zeros(())}
    if identity is not None:
        whose = targets.identity_targets(points, visibility == VISIBLE, identity, radius=supervision.width, **place)
        parts["identity_loss"] = identity_loss(outputs["identity"], whose, count=counts.identities)
        total += supervision.identity_weight * parts["identity_loss"]
    if not supervision.edges:
        return total, parts
    ends = jnp.array(supervision.edges).T
    field = targets.affinity_targets(points, located, edges=supervision.edges, width=supervision.width, **place)
    known = ~_hidden(unlabelled[:, :, ends[0]] | unlabelled[:, :, ends[1]], near)
    parts["affinity_loss"] = affinity_loss(outputs["affinity"], field, known, count=counts.edges)
    return total + supervision.affinity_weight * parts["affinity_loss"], parts


def counts(
    points: jax.Array,
    visibility: jax.Array,
    identity: jax.Array | None = None,
    *,
    shape: tuple[int, int],
    supervision: Supervision,
) -> Counts:
    """Count what the parts of a batch's loss are divided by.

    Args:
        points: f32[B, N, K, 2], (x, y) px of the network's input, NaN allowed.
        visibility: i8[B, N, K], indices into `tables.labels.VISIBILITIES`.
        identity: i32[B, N], who each individual is, -1 = not known; None: identities are not learnt.
        shape: (h, w) cells of the output.
        supervision: how labels become targets.

    Returns:
        The counts, i32[] each; 0 for what is not learnt.
    """
    located, unlabelled = _labelled(points, visibility)
    place = {"shape": shape, "stride": supervision.stride}
    limits = jnp.array([shape[1], shape[0]]) * supervision.stride
    inside = located & ((points >= 0) & (points <= limits)).all(axis=-1)
    known = 0 if identity is None else jnp.sum(inside & (visibility == VISIBLE) & (identity >= 0)[..., None])
    hidden = _hidden(unlabelled, _surroundings(points, located, reach=supervision.reach, **place))
    cell = jnp.clip(jnp.nan_to_num(points) // supervision.stride, 0, jnp.array(shape[::-1]) - 1).astype(jnp.int32)
    flat = hidden.reshape(len(points), -1, points.shape[2])
    inside &= ~jnp.take_along_axis(flat, cell[..., 1] * shape[1] + cell[..., 0], axis=1)
    if not supervision.edges:
        return Counts(jnp.sum(inside), identities=known)
    source, target = jnp.array(supervision.edges).T
    seen = (located[..., source] & located[..., target]) & (inside[..., source] | inside[..., target])
    return Counts(jnp.sum(inside), jnp.sum(seen), known)


def _labelled(points: jax.Array, visibility: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Tell which points have a place, and which may be anywhere: bool[B, N, K] each."""
    located = (visibility <= OCCLUDED) & jnp.isfinite(points).all(axis=-1)
    return located, (visibility == UNLABELLED) | ((visibility <= OCCLUDED) & ~located)


def _surroundings(
    points: jax.Array, located: jax.Array, *, reach: float, shape: tuple[int, int], stride: int
) -> jax.Array:
    """Find the cells that may hold a point of each individual: those within `reach` px of the box about it.

    All cells for an individual without a place. Returns bool[B, N, h, w].
    """
    low = jnp.min(jnp.where(located[..., None], points, jnp.inf), axis=2) - reach
    high = jnp.max(jnp.where(located[..., None], points, -jnp.inf), axis=2) + reach
    nowhere = ~located.any(axis=2)[..., None]
    low, high = jnp.where(nowhere, -jnp.inf, low), jnp.where(nowhere, jnp.inf, high)
    inside = [
        (low[..., axis, None] <= centre) & (centre <= high[..., axis, None])
        for axis, cells in ((0, shape[1]), (1, shape[0]))
        for centre in [targets.centres(cells, stride)]
    ]
    return inside[1][..., :, None] & inside[0][..., None, :]


def _hidden(unlabelled: jax.Array, near: jax.Array) -> jax.Array:
    """Find cells about which nothing is known, since a channel of an individual is unlabelled near them.

    `unlabelled` bool[B, N, C], `near` bool[B, N, h, w]. Returns bool[B, h, w, C].
    """
    return jnp.einsum("bnhw,bnc->bhwc", near.astype(jnp.float32), unlabelled.astype(jnp.float32)) > 0


def heatmap_loss(logits: jax.Array, target: jax.Array, known: jax.Array, *, count: jax.Array) -> jax.Array:
    """Compute the divergence of heatmaps from their targets, nats per point; 0 where they agree.

    The cross-entropy less the target's own entropy, which no answer can undercut: the gradient is that of the
    cross-entropy, and the value can be compared between sigmas and strides.

    Args:
        logits: f32[B, h, w, K].
        target: f32[B, h, w, K], 0..1.
        known: bool[B, h, w, K], cells that count.
        count: i32[], points.

    Returns:
        f32[].
    """
    target = jax.lax.stop_gradient(target)
    divergence = optax.sigmoid_binary_cross_entropy(logits, target) - entr(target) - entr(1 - target)
    return jnp.sum(jnp.where(known, divergence, 0)) / jnp.maximum(count, 1)


def affinity_loss(field: jax.Array, target: jax.Array, known: jax.Array, *, count: jax.Array) -> jax.Array:
    """Compute the squared error of affinities, summed over x, y and all cells, per edge of an individual.

    A mean over the covered cells instead would give the trunk a thousandth of the heatmaps' gradient, which are summed.

    Args:
        field: f32[B, h, w, E, 2].
        target: f32[B, h, w, E, 2].
        known: bool[B, h, w, E], cells that count.
        count: i32[], edges.

    Returns:
        f32[].
    """
    squared = ((field - jax.lax.stop_gradient(target)) ** 2).sum(axis=-1)
    return jnp.sum(jnp.where(known, squared, 0)) / jnp.maximum(count, 1)


def identity_loss(logits: jax.Array, whose: jax.Array, *, count: jax.Array) -> jax.Array:
    """Compute the cross-entropy of who is seen in each cell, nats, summed over the cells near a point, per point.

    `logits` f32[B, h, w, I]; `whose` i32[B, h, w], an index into the last axis, -1 = cells that do not count; `count`
    i32[], points.
    """
    entropy = optax.softmax_cross_entropy_with_integer_labels(logits, jnp.maximum(whose, 0))
    return jnp.sum(jnp.where(whose >= 0, entropy, 0)) / jnp.maximum(count, 1)
