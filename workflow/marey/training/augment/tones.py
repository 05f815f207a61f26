"""Exposure and colour: brightness, contrast, gamma, hue, equalised histograms. Grey images stay grey exactly."""

import math

import jax
import jax.numpy as jnp
import numpy as np

LUMA_WEIGHTS = (0.299, 0.587, 0.114)  # parts of red, green and blue in the brightness that is seen (ITU-R BT.601)
GREY_LEVELS = 256
# From I and Q of the colour space YIQ to red, green and blue, and back.
_RGB_OF_CHROMA = np.float32([[0.9563, 0.6210], [-0.2721, -0.6474], [-1.1070, 1.7046]])
_CHROMA_OF_RGB = np.linalg.inv(np.column_stack([np.ones(3), _RGB_OF_CHROMA]))[1:].astype(np.float32)


def brightness(image: jax.Array, change: jax.Array) -> jax.Array:
    """Add `change` f32[], a part of the full range, to f32[H, W, C]."""
    return image + change


def contrast(image: jax.Array, factor: jax.Array) -> jax.Array:
    """Stretch f32[H, W, C] about its mean by `factor` f32[]."""
    return factor * image + (1 - factor) * image.mean()


def gamma(image: jax.Array, exponent: jax.Array) -> jax.Array:
    """Raise the values of f32[H, W, C], held to 0..1, to the power of `exponent` f32[], above 0."""
    return jnp.exp(exponent * jnp.log(jnp.clip(image, 0, 1)))  # half the time of `**` on the CPU


def hue(image: jax.Array, angle: jax.Array) -> jax.Array:
    """Turn the chroma of f32[H, W, 3] by `angle` f32[], radians, in the plane of equal luma (YIQ, from I towards Q).

    The rows of the matrix minus one sum to zero, so the change is written in differences of channels: none for grey.
    """
    cos, sin = jnp.cos(angle) - 1, jnp.sin(angle)
    turn = jnp.array([[cos, -sin], [sin, cos]])
    change = (_RGB_OF_CHROMA[:, :, None, None] * turn[..., None] * _CHROMA_OF_RGB).sum(axis=(1, 2))
    warm, cold = image[..., :1] - image[..., 1:2], image[..., 2:] - image[..., 1:2]
    return image + warm * change[:, 0] + cold * change[:, 2]


def equalise(image: jax.Array, strength: jax.Array) -> jax.Array:
    """Move f32[H, W, 3], held to 0..1, by `strength` f32[] of the way to a flat histogram of its luma.

    A pixel's level becomes the part of the pixels above the lowest level that are no brighter (as OpenCV's
    `equalizeHist`); what its luma gains, all three channels gain. An image of one level stays as it is.
    """
    image = jnp.clip(image, 0, 1)
    levels = jnp.round((GREY_LEVELS - 1) * luma(image)).astype(jnp.int32)
    below = jnp.zeros(GREY_LEVELS, jnp.int32).at[levels.ravel()].add(1).cumsum()
    lowest = below[levels.min()]
    flat = (below - lowest) / jnp.maximum(levels.size - lowest, 1)
    gain = jnp.where(lowest < levels.size, flat - jnp.arange(GREY_LEVELS) / (GREY_LEVELS - 1), 0)
    return image + strength * gain[levels][..., None]


def luma(image: jax.Array) -> jax.Array:
    """Compute the luma f32[...] of RGB f32[..., 3] as a sum of products, which no device rounds to ten bits."""
    return sum(part * image[..., channel] for channel, part in enumerate(LUMA_WEIGHTS))


def random_brightness(key: jax.Array, image: jax.Array, *, largest: float) -> jax.Array:
    """Apply `brightness` with a change of up to `largest` either way."""
    return brightness(image, jax.random.uniform(key, minval=-largest, maxval=largest))


def random_contrast(key: jax.Array, image: jax.Array, *, largest: float) -> jax.Array:
    """Apply `contrast` with a factor of 1 and up to `largest` more or less."""
    return contrast(image, 1 + jax.random.uniform(key, minval=-largest, maxval=largest))


def random_gamma(key: jax.Array, image: jax.Array, *, largest: float) -> jax.Array:
    """Apply `gamma` with an exponent of 2 to the power of up to `largest` either way."""
    return gamma(image, 2 ** jax.random.uniform(key, minval=-largest, maxval=largest))


def random_hue(key: jax.Array, image: jax.Array, *, largest: float) -> jax.Array:
    """Apply `hue` with an angle of up to `largest` degrees either way."""
    largest = math.radians(largest)
    return hue(image, jax.random.uniform(key, minval=-largest, maxval=largest))


def random_equalise(key: jax.Array, image: jax.Array, *, largest: float) -> jax.Array:
    """Apply `equalise` with a strength of up to `largest`."""
    return equalise(image, jax.random.uniform(key, maxval=largest))
