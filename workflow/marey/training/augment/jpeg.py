"""What JPEG loses: discrete cosine transforms of 8 x 8 px blocks, rounded to the steps of its quantisation tables."""

import jax
import jax.numpy as jnp
import numpy as np

from marey.training.augment.tones import luma

JPEG_BLOCK = 8
# Steps for luma and chroma at quality 50 (ITU-T T.81, annex K.1).
LUMA_STEPS = """
16 11 10 16  24  40  51  61   12 12 14 19  26  58  60  55   14 13 16 24  40  57  69  56   14 17 22 29  51  87  80  62
18 22 37 56  68 109 103  77   24 35 55 64  81 104 113  92   49 64 78 87 103 121 120 101   72 92 95 98 112 100 103  99
"""
CHROMA_STEPS = """
17 18 24 47 99 99 99 99   18 21 26 66 99 99 99 99   24 26 56 99 99 99 99 99   47 66 99 99 99 99 99 99
99 99 99 99 99 99 99 99   99 99 99 99 99 99 99 99   99 99 99 99 99 99 99 99   99 99 99 99 99 99 99 99
"""


def jpeg(image: jax.Array, quality: jax.Array) -> jax.Array:
    """Degrade f32[H, W, 3], held to 0..1, as a JPEG file of `quality` f32[], 1 to 100, does, chroma at half resolution.

    As libjpeg does it, but that chroma is rounded to whole numbers once, not twice, and the result is not rounded.
    """
    height, width = image.shape[:2]
    image = jnp.round(255 * jnp.clip(image, 0, 1))
    image = jnp.pad(image, [(0, -height % (2 * JPEG_BLOCK)), (0, -width % (2 * JPEG_BLOCK)), (0, 0)], mode="edge")
    grey = jnp.round(luma(image))
    red, blue = (
        _double(
            _quantise(jnp.round(_half((image[..., channel] - grey) / size)), quantisation_steps(CHROMA_STEPS, quality))
            * size
        )
        for channel, size in ((0, 1.402), (2, 1.772))
    )
    grey = _quantise(grey - 128, quantisation_steps(LUMA_STEPS, quality)) + 128
    green = (0.299 * red + 0.114 * blue) / -0.587
    image = grey[..., None] + jnp.stack([red, green, blue], axis=-1)
    return jnp.clip(image[:height, :width] / 255, 0, 1)


def quantisation_steps(table: str, quality: jax.Array) -> jax.Array:
    """Scale a quantisation table, f32[64] row by row, to `quality` f32[], as the Independent JPEG Group does."""
    scale = jnp.floor(jnp.where(quality < 50, 5000 / quality, 200 - 2 * quality))
    return jnp.clip(jnp.floor((np.array(table.split(), np.float32) * scale + 50) / 100), 1, 255)


def random_jpeg(key: jax.Array, image: jax.Array, *, lowest: float) -> jax.Array:
    """Apply `jpeg` with a quality of `lowest` to 95."""
    return jpeg(image, jax.random.uniform(key, minval=lowest, maxval=95))


def _cosines() -> np.ndarray:
    """Return the transform of a block, row by row, as one orthogonal matrix f32[64, 64]."""
    frequency, place = np.mgrid[:JPEG_BLOCK, :JPEG_BLOCK]
    one = np.cos((2 * place + 1) * frequency * np.pi / (2 * JPEG_BLOCK)) * np.sqrt(2 / JPEG_BLOCK)
    one[0] /= np.sqrt(2)
    return np.kron(one, one).astype(np.float32)


def _quantise(plane: jax.Array, steps: jax.Array) -> jax.Array:
    """Round the cosine coefficients of the blocks of f32[H, W] to multiples of `steps` f32[64]."""
    down, across = (side // JPEG_BLOCK for side in plane.shape)
    blocks = plane.reshape(down, JPEG_BLOCK, across, JPEG_BLOCK).swapaxes(1, 2).reshape(-1, JPEG_BLOCK**2)
    exact = jax.lax.Precision.HIGHEST  # not ten bits
    rounded = jnp.round(jnp.dot(blocks, _cosines().T, precision=exact) / steps) * steps
    blocks = jnp.dot(rounded, _cosines(), precision=exact).reshape(down, across, JPEG_BLOCK, JPEG_BLOCK)
    return blocks.swapaxes(1, 2).reshape(plane.shape)


def _half(plane: jax.Array) -> jax.Array:
    """Average 2 x 2 px."""
    return plane.reshape(plane.shape[0] // 2, 2, plane.shape[1] // 2, 2).mean(axis=(1, 3))


def _double(plane: jax.Array) -> jax.Array:
    """Double height and width by interpolation.

    Of the two nearest values along an axis, the nearer one counts 3 / 4.
    """
    for axis in (0, 1):
        padded = jnp.pad(plane, [(1, 1) if axis == side else (0, 0) for side in (0, 1)], mode="edge")
        before, after = (jax.lax.slice_in_dim(padded, start, start + plane.shape[axis], axis=axis) for start in (0, 2))
        shape = [size * (2 if axis == side else 1) for side, size in enumerate(plane.shape)]
        plane = jnp.stack([0.75 * plane + 0.25 * near for near in (before, after)], axis=axis + 1).reshape(shape)
    return plane
