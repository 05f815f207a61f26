"""Affine maps of points and images, and the scaling between a video and the network's input.

Positions are (x, y) in px from the corner of the image: the centre of the pixel in column c and row r lies at
(c + 0.5, r + 0.5). A matrix f32[..., 2, 3] maps (x, y, 1) of the input to (x, y) of the output; y points down, so a
positive angle turns clockwise on the screen. The maps are written as sums of products, not as `dot`, which on some
devices rounds to ten bits and would move a point by half a pixel.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image


def translation(offset: jax.Array) -> jax.Array:
    """Shift by `offset` f32[..., 2], px. Returns f32[..., 2, 3]."""
    x, y = _components(offset)
    one, zero = jnp.ones_like(x), jnp.zeros_like(x)
    return _matrix(one, zero, x, zero, one, y)


def scaling(factors: jax.Array) -> jax.Array:
    """Scale about the corner by `factors` f32[..., 2] along x and y; a negative one mirrors. Returns f32[..., 2, 3]."""
    x, y = _components(factors)
    zero = jnp.zeros_like(x)
    return _matrix(x, zero, zero, zero, y, zero)


def rotation(angle: jax.Array) -> jax.Array:
    """Turn about the corner by `angle` f32[...], radians, from the x towards the y axis. Returns f32[..., 2, 3]."""
    angle = jnp.asarray(angle, jnp.float32)
    cos, sin, zero = jnp.cos(angle), jnp.sin(angle), jnp.zeros_like(angle)
    return _matrix(cos, -sin, zero, sin, cos, zero)


def shear(factors: jax.Array) -> jax.Array:
    """Add `factors[..., 0]` of y to x and `factors[..., 1]` of x to y; f32[..., 2]. Returns f32[..., 2, 3]."""
    x, y = _components(factors)
    one, zero = jnp.ones_like(x), jnp.zeros_like(x)
    return _matrix(one, x, zero, y, one, zero)


def compose(first: jax.Array, *others: jax.Array) -> jax.Array:
    """Compose several maps f32[..., 2, 3] into one, f32[..., 2, 3]; the first is applied first."""
    result = first
    for matrix in others:
        linear = matrix[..., :2]
        origin = transform_points(matrix, result[..., 2])
        result = jnp.stack([_linear(linear, result[..., 0]), _linear(linear, result[..., 1]), origin], axis=-1)
    return result


def invert(matrix: jax.Array) -> jax.Array:
    """Invert a map f32[..., 2, 3]: f32[..., 2, 3], infinite or NaN where the map flattens the plane."""
    (a, b, x), (c, d, y) = (_components(matrix[..., row, :]) for row in (0, 1))
    determinant = a * d - b * c
    a, b, c, d = d / determinant, -b / determinant, -c / determinant, a / determinant
    return _matrix(a, b, -(a * x + b * y), c, d, -(c * x + d * y))


def mirrors(matrix: jax.Array) -> jax.Array:
    """Tell whether a map f32[..., 2, 3] turns left into right: bool[...]."""
    return matrix[..., 0, 0] * matrix[..., 1, 1] < matrix[..., 0, 1] * matrix[..., 1, 0]


def transform_points(matrix: jax.Array, points: jax.Array) -> jax.Array:
    """Move points f32[..., 2], (x, y) px, by maps f32[..., 2, 3]; leading axes broadcast, NaN stays NaN."""
    return _linear(matrix[..., :2], points) + matrix[..., 2]


def warp(
    image: jax.Array,
    matrix: jax.Array,
    *,
    shape: tuple[int, int],
    size: jax.Array | None = None,
    fill: float | None = None,
) -> jax.Array:
    """Sample an image bilinearly through a map of its positions.

    There is no low-pass filter: a magnification below 1 aliases, slightly down to about 0.7.

    Args:
        image: u8 or f32[H, W, C].
        matrix: f32[2, 3], maps px of the input to px of the output.
        shape: (height, width) of the output, px.
        size: f32[2], the valid (width, height), in whole px, of an image that is padded on the right and at the bottom;
            None: all of it is valid.
        fill: value outside the image; None repeats the nearest edge pixel.

    Returns:
        f32[height, width, C], on the scale of the input's values.
    """
    size = jnp.round(jnp.asarray(image.shape[1::-1] if size is None else size)).astype(jnp.int32)  # 479.99997 is 480
    rows, columns = jnp.mgrid[: shape[0], : shape[1]]
    source = transform_points(invert(matrix), jnp.stack([columns, rows], axis=-1) + 0.5) - 0.5
    corner = jnp.floor(source)
    weight = (source - corner)[..., None]
    corner = corner.astype(jnp.int32)

    def pixel(dx: int, dy: int) -> jax.Array:
        wanted = corner + jnp.array([dx, dy])
        nearest = jnp.clip(wanted, 0, size - 1)
        value = image[nearest[..., 1], nearest[..., 0]].astype(jnp.float32)
        return value if fill is None else jnp.where((wanted == nearest).all(-1, keepdims=True), value, fill)

    across, down = weight[..., 0, :], weight[..., 1, :]
    upper = pixel(0, 0) * (1 - across) + pixel(1, 0) * across
    lower = pixel(0, 1) * (1 - across) + pixel(1, 1) * across
    return upper * (1 - down) + lower * down


def scaled_size(width: int, height: int, scale: float) -> tuple[int, int]:
    """Compute the (width, height), whole px, of an image of `width` x `height` px that is scaled by `scale`."""
    return max(1, round(width * scale)), max(1, round(height * scale))


def input_scale(width: int, height: int, scale: float) -> tuple[float, float]:
    """Compute the factors along x and y that an image of `width` x `height` px is really scaled by.

    They differ from `scale` as the scaled image has whole px (`scaled_size`).
    """
    scaled = scaled_size(width, height, scale)
    return scaled[0] / width, scaled[1] / height


def input_size(width: int, height: int, *, scale: float, multiple: int = 32) -> tuple[int, int]:
    """Compute the size of the network's input for an image.

    Args:
        width: width of the image, px.
        height: height of the image, px.
        scale: px of the network per px of the image.
        multiple: px that the sides are padded up to multiples of.

    Returns:
        (width, height) of the scaled and padded image, px.
    """
    padded = [-(-side // multiple) * multiple for side in scaled_size(width, height, scale)]
    return padded[0], padded[1]


def resize(image: np.ndarray, *, scale: float, multiple: int = 32) -> np.ndarray:
    """Scale, then pad an image u8[H, W, 3] to the network's input, u8[h, w, 3] of `input_size`.

    Scaling is bilinear with a low-pass filter when shrinking (Pillow), and keeps corners on corners.
    """
    height, width = image.shape[:2]
    scaled = scaled_size(width, height, scale)
    if scaled != (width, height):
        image = np.asarray(Image.fromarray(image).resize(scaled, Image.Resampling.BILINEAR))
    return pad(image, multiple=multiple)


def resized_window(image: np.ndarray, corner: tuple[int, int], side: int, *, scale: float) -> np.ndarray:
    """Cut a square out of `resize(image, scale=scale)` without scaling the rest.

    Along the square's own sides, pixels may differ by what their neighbours outside would have added.

    Args:
        image: u8[H, W, 3].
        corner: (x, y) of the square's top left corner, px of the scaled image; the square may reach beyond the image,
            where its edge is repeated.
        side: side of the square, px of the scaled image.
        scale: px of the scaled image per px of `image`.

    Returns:
        u8[side, side, 3].
    """
    height, width = image.shape[:2]
    scaled = scaled_size(width, height, scale)
    fx, fy = input_scale(width, height, scale)
    # of a square wholly outside, the nearest row or column of the image is repeated
    left, top = (min(max(0, start), size - 1) for start, size in zip(corner, scaled, strict=True))
    shown = [max(1, min(start + side, size) - max(0, start)) for size, start in zip(scaled, corner, strict=True)]
    if scaled == (width, height):
        part = image[top : top + shown[1], left : left + shown[0]]
    else:
        box = left / fx, top / fy, (left + shown[0]) / fx, (top + shown[1]) / fy
        first = math.floor(box[0]), math.floor(box[1])
        part = Image.fromarray(image[first[1] : math.ceil(box[3]), first[0] : math.ceil(box[2])])
        moved = box[0] - first[0], box[1] - first[1], box[2] - first[0], box[3] - first[1]
        part = np.asarray(part.resize(shown, Image.Resampling.BILINEAR, box=moved))
    before = [
        min(max(0, start - begin), side - size) for start, begin, size in zip((left, top), corner, shown, strict=True)
    ]
    across, down = ((gap, side - gap - size) for gap, size in zip(before, shown, strict=True))
    return np.pad(part, [down, across, (0, 0)], mode="edge") if any(down + across) else part


def pad(image: np.ndarray, *, multiple: int = 32) -> np.ndarray:
    """Pad an image u8[H, W, 3] on the right and at the bottom, up to multiples of `multiple` px.

    Padding repeats the edge, as `augment` does in training, since a black strip could be taken for a dark animal.
    """
    below, right = (-side % multiple for side in image.shape[:2])
    return np.pad(image, [(0, below), (0, right), (0, 0)], mode="edge") if below or right else image


def to_network(points: np.ndarray, width: int, height: int, *, scale: float) -> np.ndarray:
    """Convert points from px of a video to px of the network's input.

    Args:
        points: f[..., 2], (x, y) px of the video.
        width: width of the video's frames, px.
        height: height of the video's frames, px.
        scale: px of the network per px of the video.

    Returns:
        f[..., 2], (x, y) px of the network's input, of the type of `points`.
    """
    return points * np.asarray(input_scale(width, height, scale), points.dtype)


def to_video(points: np.ndarray, width: int, height: int, *, scale: float) -> np.ndarray:
    """Convert points from px of the network's input to px of the video; undoes `to_network`.

    Args:
        points: f[..., 2], (x, y) px of the network's input.
        width: width of the video's frames, px.
        height: height of the video's frames, px.
        scale: px of the network per px of the video.

    Returns:
        f[..., 2], (x, y) px of the video, of the type of `points`.
    """
    return points / np.asarray(input_scale(width, height, scale), points.dtype)


def _components(vector: jax.Array) -> tuple[jax.Array, ...]:
    vector = jnp.asarray(vector, jnp.float32)
    return tuple(vector[..., index] for index in range(vector.shape[-1]))


def _matrix(*entries: jax.Array) -> jax.Array:
    stacked = jnp.stack(entries, axis=-1)
    return stacked.reshape(*stacked.shape[:-1], 2, 3)


def _linear(matrix: jax.Array, vectors: jax.Array) -> jax.Array:
    """Multiply vectors f32[..., 2] by matrices f32[..., 2, 2]."""
    return matrix[..., 0] * vectors[..., :1] + matrix[..., 1] * vectors[..., 1:]
