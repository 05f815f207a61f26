"""What the network should answer: heatmaps that peak at the keypoints, affinities, and whose the keypoints are.

Cell (i, j) of an output with stride s is centred at ((j + 0.5) s, (i + 0.5) s) px of the input.
"""

import jax
import jax.numpy as jnp


def heatmap_targets(
    points: jax.Array, present: jax.Array, *, shape: tuple[int, int], stride: int, sigma: float
) -> jax.Array:
    """Draw a Gaussian of height 1 about every present point; where individuals overlap, the larger value.

    The peaks are not rounded to cells (Zhang et al. 2020, DARK), so that the map varies smoothly with the point; the
    highest cell holds exp(-d^2 / 2 sigma^2) with d up to stride / sqrt(2). Points outside have their peaks outside.

    Args:
        points: f32[B, N, K, 2], (x, y) px.
        present: bool[B, N, K].
        shape: (h, w) in cells.
        stride: px of a cell.
        sigma: standard deviation of the Gaussians, px.

    Returns:
        f32[B, h, w, K].
    """
    points, present = _located(points, present)
    x, y = (_gaussian(points[..., axis], cells, stride, sigma) for axis, cells in ((0, shape[1]), (1, shape[0])))
    x = jnp.where(present[:, :, None], x, 0)
    # The two factors are w + h exponentials a point instead of w * h.
    return jnp.max(y[:, :, :, None, :] * x[:, :, None, :, :], axis=1, initial=0)


def affinity_targets(
    points: jax.Array,
    present: jax.Array,
    *,
    edges: tuple[tuple[int, int], ...],
    shape: tuple[int, int],
    stride: int,
    width: float,
) -> jax.Array:
    """Draw the direction of each edge in the cells near the line between its keypoints.

    Part affinity fields: Cao et al. 2017.

    Args:
        points: f32[B, N, K, 2], (x, y) px.
        present: bool[B, N, K].
        edges: pairs (source, target) of keypoints.
        shape: (h, w) in cells.
        stride: px of a cell.
        width: px on either side of the line in which cells are covered.

    Returns:
        Unit vectors f32[B, h, w, E, 2], source to target, 0 elsewhere, the mean where several individuals cover a cell.
    """
    points, present = _located(points, present)
    ends = jnp.array(edges)
    source, target = points[:, :, ends[:, 0]], points[:, :, ends[:, 1]]  # [B, N, E, 2]
    length = jnp.linalg.norm(target - source, axis=-1)
    there = present[:, :, ends[:, 0]] & present[:, :, ends[:, 1]] & (length > 0)
    direction = (target - source) / jnp.where(there, length, 1)[..., None]
    x, y = centres(shape[1], stride)[:, None], centres(shape[0], stride)[:, None, None]

    def cover(total: tuple, individual: tuple) -> tuple:
        begin, ahead, far, counts = individual  # [B, E, 2], [B, E, 2], [B, E], [B, E]
        away_x, away_y = x - begin[:, None, None, :, 0], y - begin[:, None, None, :, 1]  # [B, 1 or h, w or 1, E]
        ahead_x, ahead_y = ahead[:, None, None, :, 0], ahead[:, None, None, :, 1]
        along = away_x * ahead_x + away_y * ahead_y
        across = jnp.abs(away_x * ahead_y - away_y * ahead_x)
        inside = counts[:, None, None] & (along >= 0) & (along <= far[:, None, None]) & (across <= width)
        field, count = total
        return (field + inside[..., None] * ahead[:, None, None], count + inside), None

    cells = (len(points), *shape, len(edges))
    nothing = jnp.zeros((*cells, 2)), jnp.zeros(cells)
    each = tuple(jnp.moveaxis(part, 1, 0) for part in (source, direction, length, there))
    (field, count), _ = jax.lax.scan(cover, nothing, each)
    return field / jnp.maximum(count, 1)[..., None]


def identity_targets(
    points: jax.Array, present: jax.Array, identity: jax.Array, *, shape: tuple[int, int], stride: int, radius: float
) -> jax.Array:
    """Say whose point is the nearest to each cell's centre.

    Args:
        points: f32[B, N, K, 2], (x, y) px.
        present: bool[B, N, K].
        identity: i32[B, N], who each individual is, -1 = not known: its points count for nothing.
        shape: (h, w) in cells.
        stride: px of a cell.
        radius: px from the cell's centre within which a point counts.

    Returns:
        i32[B, h, w], -1 = nobody's.
    """
    points, present = _located(points, present & (identity >= 0)[..., None])
    x, y = ((points[..., axis, None] - centres(shape[1 - axis], stride)) ** 2 for axis in (0, 1))
    distance = y[..., :, None] + x[..., None, :]  # [B, N, K, h, w]
    distance = jnp.min(jnp.where(present[..., None, None], distance, jnp.inf), axis=2)
    nearest = jnp.take_along_axis(identity, jnp.argmin(distance, axis=1).reshape(len(points), -1), axis=1)
    return jnp.where(jnp.min(distance, axis=1) <= radius**2, nearest.reshape(-1, *shape), -1)


def _located(points: jax.Array, present: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Make points finite, and tell which of them count.

    NaN must not enter: its gradient would survive a later `where`.
    """
    present = present & jnp.isfinite(points).all(axis=-1)
    return jnp.where(present[..., None], points, 0), present


def centres(cells: int, stride: int) -> jax.Array:
    """Return where the cells of a row or column lie, f32[cells] px of the input."""
    return (jnp.arange(cells, dtype=jnp.float32) + 0.5) * stride


def _gaussian(position: jax.Array, cells: int, stride: int, sigma: float) -> jax.Array:
    """Evaluate Gaussians about positions f32[B, N, K] px in all cells: f32[B, N, cells, K]."""
    distance = centres(cells, stride)[:, None] - position[..., None, :]
    return jnp.exp(-0.5 * (distance / sigma) ** 2)
