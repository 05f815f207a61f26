"""Reaches: no two keypoints of an animal lie farther apart than they can, and that tells its peaks from others.

A network that sees keypoints one by one takes a bright spot in a corner for a tail base, and is sure of it. So of all
sets of peaks of which each two lie within reach of each other, that with the highest sum of confidence is the animal;
and a keypoint that has no peak in it has its place where the others leave room. `dataset.reaches` measures reaches.
"""

import jax
import jax.numpy as jnp

PEAKS = 5  # highest of each keypoint that the animal is made of; one with more has room for the likeliest place there
# What a keypoint out of reach costs, per confidence of the other: more than any peak gains once that is 0.02.
COST = 100.0
SEEDS = 32  # candidates that sets of peaks grow from
BLOCK = 4  # cells: of each block, only the best counts, which saves nine tenths of the time


def find_together(heatmap: jax.Array, highest: jax.Array, reaches: jax.Array) -> jax.Array:
    """Find the cell of each keypoint of the only animal: its peak in the animal, or the likeliest place in reach.

    Args:
        heatmap: f32[B, h, w, K], probabilities.
        highest: bool[B, h, w, K], its local maxima, which go before all other cells.
        reaches: f32[K, K], cells, that two keypoints lie apart at most.

    Returns:
        i32[B, K], row * w + column.
    """
    score, places = _best_of_blocks(jnp.where(highest, heatmap, heatmap - 1))
    few = min(PEAKS, score.shape[1])
    best, block = (jnp.swapaxes(part, 1, 2) for part in jax.lax.top_k(jnp.swapaxes(score, 1, 2), few))
    candidates = jnp.take_along_axis(places, block[..., None], axis=1)
    points, weight = choose_animal(candidates, jnp.maximum(best, 0), reaches)
    block = jnp.argmax(score - far_cost(places, points, weight, reaches), axis=1)
    place = jnp.take_along_axis(places, block[:, None, :, None], axis=1)[:, 0].astype(jnp.int32)
    return place[..., 1] * heatmap.shape[2] + place[..., 0]


def _best_of_blocks(score: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Find the highest cell of each block of BLOCK x BLOCK cells of f32[B, h, w, K]: a peak is wider than that.

    Returns the scores f32[B, block, K] and the cells f32[B, block, K, 2], (column, row).
    """
    batch, height, width, keypoints = score.shape
    rows, columns = -(-height // BLOCK), -(-width // BLOCK)
    beyond = [(0, 0), (0, rows * BLOCK - height), (0, columns * BLOCK - width), (0, 0)]
    cells = jnp.pad(score, beyond, constant_values=-jnp.inf).reshape(batch, rows, BLOCK, columns, BLOCK, keypoints)
    cells = jnp.swapaxes(cells, 2, 3).reshape(batch, rows * columns, BLOCK**2, keypoints)
    at, block = jnp.argmax(cells, axis=2), jnp.arange(rows * columns)[:, None]
    place = jnp.stack([block % columns * BLOCK + at % BLOCK, block // columns * BLOCK + at // BLOCK], axis=-1)
    return cells.max(axis=2), place.astype(score.dtype)


def choose_animal(places: jax.Array, confidence: jax.Array, reaches: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Choose the candidates that are the animal: of those that lie within reach of each other, the surest.

    From each of the surest candidates a set grows by the surest that all in it can reach, one of each keypoint, until
    there is none left; the set with the highest sum of confidence is the animal.

    Args:
        places: f32[B, candidate, K, 2], px; NaN = missing.
        confidence: f32[B, candidate, K]; 0 = missing.
        reaches: f32[K, K], px, that two keypoints lie apart at most.

    Returns:
        The places f32[B, K, 2] of the chosen ones, and their confidence f32[B, K]: 0 of keypoints that have none.
    """
    return jax.vmap(_choose, in_axes=(0, 0, None))(places, confidence, reaches)


def _choose(places: jax.Array, confidence: jax.Array, reaches: jax.Array) -> tuple[jax.Array, jax.Array]:
    count, keypoints = confidence.shape
    keypoint = jnp.tile(jnp.arange(keypoints), count)
    spots, sure = places.reshape(-1, 2), confidence.reshape(-1)
    apart = jnp.linalg.norm(spots[:, None] - spots, axis=-1)
    together = (apart <= reaches[keypoint[:, None], keypoint]) & (keypoint[:, None] != keypoint)
    start = jax.lax.top_k(sure, min(SEEDS, len(sure)))[1]

    def grow(_, state):
        open_, taken, total = state
        score = jnp.where(open_, sure, 0)
        pick, gain = jnp.argmax(score, axis=1), score.max(axis=1)
        taken = taken | (jax.nn.one_hot(pick, len(sure), dtype=bool) & (gain > 0)[:, None])
        return open_ & together[pick], taken, total + gain

    first = together[start], jax.nn.one_hot(start, len(sure), dtype=bool), sure[start]
    _, taken, total = jax.lax.fori_loop(1, keypoints, grow, first)
    chosen = (taken[jnp.argmax(total)] & (sure > 0)).reshape(count, keypoints)
    at = jnp.argmax(chosen, axis=0)
    points = jnp.take_along_axis(places, at[None, :, None], axis=0)[0]
    weight = jnp.where(chosen.any(axis=0), confidence[at, jnp.arange(keypoints)], 0)
    return jnp.where((weight > 0)[:, None], points, 0), weight


def far_cost(spots: jax.Array, points: jax.Array, weight: jax.Array, reaches: jax.Array) -> jax.Array:
    """Compute what it costs each keypoint to be at each of some places: the confidence of others out of reach.

    Args:
        spots: f32[B, n, K, 2], px.
        points: f32[B, K, 2], px, of the animal.
        weight: f32[B, K], their confidence.
        reaches: f32[K, K], px.

    Returns:
        f32[B, n, K].
    """
    squared = ((spots[..., None, :] - points[:, None, None]) ** 2).sum(axis=-1)  # [B, n, K, other]
    return COST * jnp.where(squared > jnp.square(reaches), weight[:, None, None], 0).sum(axis=-1)
