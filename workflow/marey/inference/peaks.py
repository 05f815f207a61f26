"""From heatmaps to points: the highest local maxima, each refined to a fraction of a cell.

A peak's place is where the heatmap agrees best with the peak that it was trained to show: the fixed point of a mean
shift (Cheng 1995) under a window of that peak's shape, an integral over some thirty cells that averages away their
noise. On the open-field mouse (28 validation frames, one training) this gave 1.80 px, the mean of the 25 nearest
cells' offsets 2.27 px, and the offset of the highest cell, DeeperCut's and DeepLabCut's way, 2.95 px.
"""

import math

import jax
import jax.numpy as jnp

from marey.inference import reaches

WINDOW_SIGMAS = 2.5  # half the side of the window, in standard deviations of the peak
REFINE_ROUNDS = 6  # of the mean shift, from the centre of the highest cell; three are enough, except at the edge


def peaks(
    heatmap: jax.Array, *, stride: int, sigma: float, candidates: int, reach: jax.Array | None = None
) -> tuple[jax.Array, jax.Array]:
    """Find the highest local maxima of every keypoint's heatmap, highest first.

    A local maximum is the largest of its 3 x 3 cells; of equal cells the first in row-major order counts, within a peak
    and between peaks. The point is `refine`'s, and its confidence the cell's probability.

    Args:
        heatmap: f32[B, h, w, K], probabilities.
        stride: px of the network's input per cell.
        sigma: px, standard deviation of the peaks that the heatmap was trained to show.
        candidates: how many maxima to find, at most.
        reach: f32[K, K], px of the network's input, that two keypoints of the only animal lie apart at most: its one
            candidate has no keypoint out of reach of the others. None: each is wherever it is highest.

    Returns:
        Points f32[B, candidates, K, 2], (x, y) px of the network's input, and confidences f32[B, candidates, K]; NaN
        and 0 where a map has fewer maxima.
    """
    batch, height, width, keypoints = heatmap.shape
    if candidates == 1:  # the highest cell is always a local maximum
        if reach is None:
            cells = jnp.argmax(heatmap.reshape(batch, -1, keypoints), axis=1)[:, None]
        else:
            cells = reaches.find_together(heatmap, local_maxima(heatmap), reach / stride)[:, None]
        found = jnp.ones_like(cells, dtype=bool)
    else:
        score = jnp.where(local_maxima(heatmap), heatmap, -jnp.inf).reshape(batch, -1, keypoints)
        score = jnp.pad(score, [(0, 0), (0, max(0, candidates - height * width)), (0, 0)], constant_values=-jnp.inf)
        score, cells = jax.lax.top_k(jnp.swapaxes(score, 1, 2), candidates)
        found, cells = jnp.swapaxes(score, 1, 2) > -jnp.inf, jnp.swapaxes(cells, 1, 2)
        cells = jnp.where(found, cells, 0)
    confidence = jnp.take_along_axis(heatmap.reshape(batch, -1, keypoints), cells, axis=1)
    places = (refine(heatmap, cells, sigma=sigma / stride) + 0.5) * stride
    return jnp.where(found[..., None], places, jnp.nan), jnp.where(found, confidence, 0)


def refine(heatmap: jax.Array, cells: jax.Array, *, sigma: float) -> jax.Array:
    """Move from cells to the middle of the peaks around them.

    `heatmap` f32[B, h, w, K]; `cells` i32[B, n, K], row * w + column; `sigma` of the peaks, in cells. Returns
    f32[B, n, K, 2], (column, row), in fractions of cells; exact for Gaussian peaks, also where an edge cuts them off.
    """
    batch, height, width, keypoints = heatmap.shape
    reach = math.ceil(WINDOW_SIGMAS * sigma)
    padded = jnp.pad(heatmap, [(0, 0), (reach, reach), (reach, reach), (0, 0)])
    row, column = cells // width, cells % width
    steps = jnp.arange(-reach, reach + 1)
    down, across = (step.ravel()[:, None, None] for step in jnp.meshgrid(steps, steps, indexing="ij"))
    index = (row[:, None] + reach + down) * padded.shape[2] + column[:, None] + reach + across  # [B, window, n, K]
    flat = padded.reshape(batch, -1, keypoints)
    mass = jnp.take_along_axis(flat, index.reshape(batch, -1, keypoints), axis=1).reshape(index.shape)
    rows, columns = row[:, None] + down, column[:, None] + across
    inside = ((rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)).astype(heatmap.dtype)
    place = jnp.zeros((2, *cells.shape), heatmap.dtype)  # (x, y) from the cell
    for _ in range(REFINE_ROUNDS):
        squared = (across - place[0][:, None]) ** 2 + (down - place[1][:, None]) ** 2
        window = inside * jnp.exp(-0.5 * squared / sigma**2)
        # Without an edge, the perfect peak's middle is `place` itself. The window holds the observed one back by half
        # where the peak is as wide as it should be, and not at all where it is a single cell.
        perfect = _middle(window * jnp.exp(-0.5 * squared / sigma**2), across, down)
        place = place + 1.5 * (_middle(window * mass, across, down) - perfect)
        place = jnp.clip(place, -reach, reach)
    return jnp.stack([column + place[0], row + place[1]], axis=-1)


def _middle(weight: jax.Array, across: jax.Array, down: jax.Array) -> jax.Array:
    """Compute the mean of the steps under f32[B, window, n, K]: f32[2, B, n, K]."""
    total = jnp.maximum(weight.sum(axis=1), jnp.finfo(weight.dtype).tiny)
    return jnp.stack([(weight * across).sum(axis=1), (weight * down).sum(axis=1)]) / total


def local_maxima(heatmap: jax.Array) -> jax.Array:
    """Find the cells of f32[B, h, w, K] that exceed their earlier neighbours and reach at least their later ones.

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
