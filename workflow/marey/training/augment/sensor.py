"""Noise of the sensor, and a square that hides what lies behind it."""

import jax
import jax.numpy as jnp


def noise(image: jax.Array, normal: jax.Array, sigma: jax.Array) -> jax.Array:
    """Add `sigma` f32[] times the standard normal numbers f32[H, W, 1] to f32[H, W, C].

    One number for all channels of a pixel: grey stays grey.
    """
    return image + sigma * normal


def cutout(image: jax.Array, centre: jax.Array, side: jax.Array) -> jax.Array:
    """Fill a square of `side` px about `centre` f32[2], (x, y) px, with the mean of f32[H, W, C].

    (DeVries & Taylor 2017.)
    """
    columns, rows = jnp.arange(image.shape[1]) + 0.5, jnp.arange(image.shape[0])[:, None] + 0.5
    inside = (jnp.abs(columns - centre[0]) < side / 2) & (jnp.abs(rows - centre[1]) < side / 2)
    return jnp.where(inside[..., None], image.mean(), image)


def random_noise(key: jax.Array, image: jax.Array, *, largest: float) -> jax.Array:
    """Apply `noise` of a standard deviation of up to `largest`."""
    normal_key, sigma_key = jax.random.split(key)
    normal = jax.random.normal(normal_key, (*image.shape[:2], 1))
    return noise(image, normal, jax.random.uniform(sigma_key, maxval=largest))


def random_cutout(key: jax.Array, image: jax.Array, *, largest: float) -> jax.Array:
    """Apply `cutout` of a square of up to `largest` of the image's width, anywhere."""
    centre_key, side_key = jax.random.split(key)
    height, width = image.shape[:2]
    centre = jax.random.uniform(centre_key, (2,), maxval=jnp.array([width, height], jnp.float32))
    return cutout(image, centre, jax.random.uniform(side_key, maxval=largest * width))
