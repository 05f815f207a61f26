"""From heatmaps and offsets to points: the highest local maxima, each moved by the offset of its cell."""

import jax
import jax.numpy as jnp


def peaks(heatmap: jax.Array, offset: jax.Array, *, stride: int, candidates: int) -> tuple[jax.Array, jax.Array]:
    """The `candidates` highest local maxima of every keypoint's heatmap, highest first.

    `heatmap` f32[B, h, w, K], probabilities; `offset` f32[B, h, w, K, 2], px. A local maximum is the largest of its
    3 x 3 cells; of equal cells the first in row-major order counts, within a peak and between peaks. The point is the
    centre of the cell plus the cell's offset, and its confidence the cell's probability. Returns points
    f32[B, candidates, K, 2], (x, y) px of the network's input, and confidences f32[B, candidates, K]; NaN and 0 where a
    map has fewer maxima.
    """
    batch, height, width, keypoints = heatmap.shape
    if candidates == 1:  # the highest cell is always a local maximum
        cells = jnp.argmax(heatmap.reshape(batch, -1, keypoints), axis=1)[:, None]
        found = jnp.ones_like(cells, dtype=bool)
    else:
        score = jnp.where(local_maxima(heatmap), heatmap, -jnp.inf).reshape(batch, -1, keypoints)
        score = jnp.pad(score, [(0, 0), (0, max(0, candidates - height * width)), (0, 0)], constant_values=-jnp.inf)
        score, cells = jax.lax.top_k(jnp.swapaxes(score, 1, 2), candidates)
        found, cells = jnp.swapaxes(score, 1, 2) > -jnp.inf, jnp.swapaxes(cells, 1, 2)
        cells = jnp.where(found, cells, 0)
    confidence = jnp.take_along_axis(heatmap.reshape(batch, -1, keypoints), cells, axis=1)
    shift = jnp.take_along_axis(offset.reshape(batch, -1, keypoints, 2), cells[..., None], axis=1)
    centre = (jnp.stack([cells % width, cells // width], axis=-1) + 0.5) * stride
    return jnp.where(found[..., None], centre + shift, jnp.nan), jnp.where(found, confidence, 0)


def local_maxima(heatmap: jax.Array) -> jax.Array:
    """Which cells of f32[B, h, w, K] exceed their earlier neighbours and reach at least their later ones.

    Earlier and later are meant in row-major order: of two equal neighbours the first stays. Returns bool[B, h, w, K].
    """
    height, width = heatmap.shape[1:3]
    padded = jnp.pad(heatmap, [(0, 0), (1, 1), (1, 1), (0, 0)], constant_values=-jnp.inf)
    result = jnp.ones(heatmap.shape, bool)
    for row in range(3):
        for column in range(3):
            neighbour = padded[:, row : row + height, column : column + width]
            if (row, column) < (1, 1):
                result &= heatmap > neighbour
            elif (row, column) > (1, 1):
                result &= heatmap >= neighbour
    return result
