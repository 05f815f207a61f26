"""Textures: tiles of noise made once, sampled anywhere at any scale, so that no place costs new random fields."""

from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter

SIDE = 512  # texels of a tile


@cache
def noise_tile(sigma: float) -> np.ndarray:
    """Return smooth noise f32[SIDE, SIDE] of unit variance whose features are `sigma` texels large (0: white)."""
    field = np.random.Generator(np.random.SFC64([1, int(sigma * 10)])).standard_normal((SIDE, SIDE), dtype=np.float32)
    field = gaussian_filter(field, sigma, mode="wrap") if sigma else field
    return field / field.std()


@cache
def cloud_tile() -> np.ndarray:
    """Return noise f32[SIDE, SIDE] of unit variance with features of all sizes."""
    field = sum(sigma**0.5 * noise_tile(sigma) for sigma in (1, 3, 9, 27, 60))
    return (field / field.std()).astype(np.float32)


@cache
def litter_tile(length: float, width: float) -> np.ndarray:
    """Return litter f32[SIDE, SIDE], brightness -1..1: heaped flakes of half-axes `length` and `width` texels.

    Each is lit from one side.
    """
    chance = np.random.Generator(np.random.SFC64([2, int(length * 10), int(width * 10)]))
    tile = np.full((SIDE, SIDE), -1.0, np.float32)
    reach = int(length) + 2
    steps = np.arange(-reach, reach + 1)
    flat = tile.ravel()
    for _ in range(int(1.6 * SIDE * SIDE / (length * width * np.pi))):
        angle, size, shade = chance.uniform(0, np.pi), chance.uniform(0.5, 1.1), chance.uniform(-0.6, 0.8)
        along = (steps * np.cos(angle) + steps[:, None] * np.sin(angle)) / (length * size)
        across = (steps[:, None] * np.cos(angle) - steps * np.sin(angle)) / width
        inside = along**2 + across**2 < 1
        rows, columns = (steps + chance.integers(0, SIDE, (2, 1))) % SIDE
        texels = rows[:, None] * SIDE + columns
        under = flat[texels]
        flat[texels] = np.where(inside, shade + 0.25 * across, np.minimum(under, under * 0.9 - 0.04))
    return np.clip(tile, -1, 1)


def sample(
    chance: np.random.Generator, tile: np.ndarray, x: np.ndarray, y: np.ndarray, texel: float, stretch: float = 1.0
) -> np.ndarray:
    """Sample a tile, turned and moved at random, at places in the plane.

    Args:
        chance: turns and moves the tile.
        tile: f32[SIDE, SIDE].
        x, y: f32[...] places, mm.
        texel: size of a texel, mm.
        stretch: how much longer texels are along one axis: grain.

    Returns:
        f32[...], the values of the nearest texels.
    """
    angle = chance.uniform(0, 2 * np.pi)
    cosine, sine = np.float32(np.cos(angle) / texel), np.float32(np.sin(angle) / texel)
    offset = chance.uniform(1e4, 2e4, 2).astype(np.float32)  # positive places truncate downwards
    row = ((x * cosine + y * sine) * np.float32(1 / stretch) + offset[0]).astype(np.int32) & (SIDE - 1)
    column = (y * cosine - x * sine + offset[1]).astype(np.int32) & (SIDE - 1)
    return tile.ravel()[(row << 9) | column]
