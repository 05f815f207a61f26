"""Blur of the lens (Gaussian) and of movement (a line), written as sums of shifted images.

On the CPU, XLA's convolution of a channel with itself alone takes many times as long.
"""

import math

import jax
import jax.numpy as jnp


def blur(image: jax.Array, sigma: jax.Array, *, radius: int) -> jax.Array:
    """Blur f32[H, W, C] by a Gaussian, edges repeated; `sigma` f32[] px, the kernel cut off at `radius` px."""
    kernel = jnp.exp(-0.5 * (jnp.arange(-radius, radius + 1) / jnp.maximum(sigma, 1e-6)) ** 2)
    kernel = kernel / kernel.sum()
    (height, width, channels), taps = image.shape, range(2 * radius + 1)
    rows = _pad(image, radius, 0).reshape(-1, width * channels)  # long rows: a quarter of the time
    image = sum(kernel[tap] * rows[tap : tap + height] for tap in taps).reshape(image.shape)
    rows = _pad(image, 0, radius).reshape(height, -1)
    return sum(kernel[tap] * rows[:, tap * channels :][:, : width * channels] for tap in taps).reshape(image.shape)


def motion_blur(image: jax.Array, length: jax.Array, angle: jax.Array, *, radius: int) -> jax.Array:
    """Blur an image as if it moved along a line; its edges are repeated.

    Args:
        image: f32[H, W, C].
        length: f32[], px of the line, at most 2 `radius`.
        angle: f32[], radians from the x towards the y axis.
        radius: px of the kernel on each side of its middle.

    Returns:
        f32[H, W, C].
    """
    height, width, channels = image.shape
    kernel = line_kernel(length, angle, radius=radius)
    rows, taps = _pad(image, radius, radius).reshape(height + 2 * radius, -1), range(2 * radius + 1)
    return sum(
        kernel[down, across] * rows[down : down + height, across * channels :][:, : width * channels]
        for down in taps
        for across in taps
    ).reshape(image.shape)


def line_kernel(length: jax.Array, angle: jax.Array, *, radius: int) -> jax.Array:
    """Draw a line of `length` f32[] px through the middle of a kernel f32[2 radius + 1, 2 radius + 1] of sum 1.

    `length` is at most 2 `radius`; `angle` f32[], radians from the x towards the y axis. Many points along the line, at
    most half a pixel apart, each shared out bilinearly among its four pixels: the mean of as many shifted images.
    """
    count = 4 * radius
    along = length * ((jnp.arange(count) + 0.5) / count - 0.5)
    taps = jnp.arange(-radius, radius + 1)
    across, down = (
        jnp.maximum(1 - jnp.abs(taps - (along * direction(angle))[:, None]), 0) for direction in (jnp.cos, jnp.sin)
    )
    return (down[:, :, None] * across[:, None, :]).mean(axis=0)


def random_blur(key: jax.Array, image: jax.Array, *, largest: float) -> jax.Array:
    """Apply `blur` by up to `largest` px."""
    return blur(image, jax.random.uniform(key, maxval=largest), radius=math.ceil(3 * largest))


def random_motion_blur(key: jax.Array, image: jax.Array, *, largest: float) -> jax.Array:
    """Apply `motion_blur` over up to `largest` px in any direction."""
    length_key, angle_key = jax.random.split(key)
    angle = jax.random.uniform(angle_key, maxval=math.pi)
    return motion_blur(image, jax.random.uniform(length_key, maxval=largest), angle, radius=math.ceil(largest / 2))


def _pad(image: jax.Array, vertical: int, horizontal: int) -> jax.Array:
    return jnp.pad(image, [(vertical, vertical), (horizontal, horizontal), (0, 0)], mode="edge")
