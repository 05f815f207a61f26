"""Floors: what covers the ground of an arena, in colours and textures at random."""

from dataclasses import dataclass

import numpy as np

from marey.synth.cameras import Camera
from marey.synth.textures import cloud_tile, litter_tile, noise_tile, sample

FLOORS = ("plain", "worn", "wood", "perforated", "bars", "tiles", "bedding", "specks", "cloth")
_ODDS = {
    "box": (0.34, 0.16, 0.05, 0.06, 0.06, 0.08, 0.12, 0.06, 0.07),
    "tub": (0.36, 0.18, 0.03, 0.05, 0.02, 0.02, 0.20, 0.08, 0.06),
    "cage": (0.08, 0.06, 0.01, 0.05, 0.06, 0.01, 0.52, 0.18, 0.03),
    "open": (0.24, 0.16, 0.14, 0.06, 0.06, 0.12, 0.08, 0.05, 0.09),
    "grid": (0, 0, 0, 1, 0, 0, 0, 0, 0),
    "plate": (0.52, 0.2, 0.0, 0.12, 0.0, 0.04, 0.0, 0.04, 0.08),
}
# Flakes of litter: half-axes in texels, and the range of a texel's size, mm: chips, pellets, shavings, shredded paper.
_LITTERS = ((4, 1.5, 0.5, 1.0), (3, 2.5, 0.4, 0.9), (7, 3, 0.6, 1.4), (12, 1.5, 0.5, 1.0))


@dataclass(frozen=True, eq=False)
class Palette:
    """Colours f32[3], 0..1, before light falls on them: of the floor, the walls, what is around."""

    floor: np.ndarray
    wall: np.ndarray
    outside: np.ndarray


def draw_palette(chance: np.random.Generator) -> Palette:
    """Draw the colours of a place: white, grey or dark floors, walls that are alike or differ, dim surroundings."""
    floor = _tinted(chance, _level(chance))
    wall = floor * np.float32(chance.uniform(0.7, 1.1)) if chance.random() < 0.5 else _tinted(chance, _level(chance))
    outside = _tinted(chance, chance.uniform(0.02, 0.4) if chance.random() < 0.7 else chance.uniform(0.4, 0.95))
    return Palette(floor, np.minimum(wall, 0.97), outside)


def _level(chance: np.random.Generator) -> float:
    """Draw a reflectance: white four times of ten, dark a quarter of the time."""
    low, high = ((0.62, 0.96), (0.22, 0.62), (0.02, 0.2))[chance.choice(3, p=(0.42, 0.33, 0.25))]
    return chance.uniform(low, high)


def _tinted(chance: np.random.Generator, level: float) -> np.ndarray:
    """Tint a grey: hardly, as bedding and wood, or, at times, strongly."""
    kind = chance.random()
    tint = chance.normal(0, 0.02, 3)
    if kind > 0.85:
        tint = chance.normal(0, 0.3, 3)
    elif kind > 0.6:
        tint = np.array([0.12, 0.0, -0.15]) * chance.uniform(0.3, 1.5)
    return np.clip(level * (1 + tint), 0.01, 0.98).astype(np.float32)


def land(camera: Camera, height: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find where the rays of all pixels meet the plane Z = height: X, Y and depth, each f32[height, width], mm."""
    directions = pixel_rays(camera)
    depth = np.float32(height - camera.position[2]) / np.minimum(directions[2], np.float32(-1e-3))
    return (
        np.float32(camera.position[0]) + depth * directions[0],
        np.float32(camera.position[1]) + depth * directions[1],
        depth,
    )


def pixel_rays(camera: Camera) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the X, Y, Z of the rays through all pixels, f32[height, width] each, as `Camera.rays` has them."""
    u, v = (np.arange(side, dtype=np.float32) + np.float32(0.5) for side in camera.size)
    turned = (camera.R.T @ np.linalg.inv(camera.K)).astype(np.float32)
    return tuple((row[0] * u)[None, :] + (row[1] * v + row[2])[:, None] for row in turned)


def draw_floor(
    chance: np.random.Generator, palette: Palette, kind: str, x: np.ndarray, y: np.ndarray, pixel: float
) -> np.ndarray:
    """Paint a random floor.

    Args:
        chance: draws.
        palette: its colours.
        kind: of the enclosure: cages mostly have bedding.
        x, y: f32[height, width], places on the floor, mm.
        pixel: how large a pixel is there, mm.

    Returns:
        f32[height, width, 3], before light falls on it.
    """
    name = FLOORS[chance.choice(len(FLOORS), p=_ODDS[kind])]
    value = _PAINTERS[name](chance, x, y, pixel)
    value = np.clip(value, -0.9, 1.5)
    floor = palette.floor * (1 + value[..., None])
    if name in ("bedding", "specks", "perforated", "bars") and chance.random() < 0.6:
        # Light in one way, dark in the other: what lies on or gapes in a floor has a colour of its own.
        other = _tinted(chance, chance.uniform(0.02, 0.9))
        cover = np.clip(-value * 1.6, 0, 1)
        floor += cover[..., None] * (other - floor)
    return np.clip(floor, 0, 1)


def _plain(chance, x, y, pixel):
    return chance.exponential(0.02) * sample(chance, cloud_tile(), x, y, chance.uniform(0.5, 2))


def _worn(chance, x, y, pixel):
    scratches = sample(chance, noise_tile(1), x, y, 0.8, stretch=chance.uniform(8, 40))
    blotches = sample(chance, cloud_tile(), x, y, chance.uniform(0.6, 3))
    return chance.uniform(0.01, 0.06) * scratches + chance.uniform(0.02, 0.16) * blotches


def _wood(chance, x, y, pixel):
    grain = sample(chance, noise_tile(3), x, y, chance.uniform(0.4, 1.2), stretch=chance.uniform(10, 30))
    fine = sample(chance, noise_tile(1), x, y, 0.6, stretch=12)
    planks = _stripes(chance, x, y, chance.uniform(40, 150), 1.5, pixel)
    return chance.uniform(0.05, 0.15) * grain + 0.04 * fine - (0.5 if chance.random() < 0.5 else 0.0) * planks


def _perforated(chance, x, y, pixel):
    spacing = chance.uniform(6, 22)
    radius = spacing * chance.uniform(0.2, 0.38)
    u, v = _turn(chance, x, y)
    u, v = u / spacing, v / spacing
    if chance.random() < 0.5:  # every second row is shifted
        u = u + np.float32(0.5) * np.fmod(np.floor(v), np.float32(2))
    away = np.hypot(u - np.floor(u) - 0.5, v - np.floor(v) - 0.5) * spacing
    return -chance.uniform(0.3, 0.9) * np.clip((radius - away) / pixel + 0.5, 0, 1) + _plain(chance, x, y, pixel)


def _bars(chance, x, y, pixel):
    spacing = chance.uniform(6, 16)
    thick = spacing * chance.uniform(0.2, 0.5)
    angle = chance.uniform(0, np.pi)
    gaps = 1 - _stripes(chance, x, y, spacing, thick, pixel, angle)
    if chance.random() < 0.5:  # a mesh
        gaps = gaps * (1 - _stripes(chance, x, y, spacing, thick, pixel, angle + np.pi / 2))
    return -chance.uniform(0.3, 0.9) * gaps + _plain(chance, x, y, pixel)


def _tiles(chance, x, y, pixel):
    side, joint = chance.uniform(30, 200), chance.uniform(1, 5)
    angle = chance.uniform(0, np.pi)
    lines = np.maximum(
        _stripes(chance, x, y, side, joint, pixel, angle), _stripes(chance, x, y, side, joint, pixel, angle + np.pi / 2)
    )
    return chance.uniform(-0.6, 0.4) * lines + _plain(chance, x, y, pixel)


def _bedding(chance, x, y, pixel):
    long, wide, least, most = _LITTERS[chance.integers(len(_LITTERS))]
    flakes = sample(chance, litter_tile(long, wide), x, y, chance.uniform(least, most))
    heaps = sample(chance, cloud_tile(), x, y, chance.uniform(0.6, 1.5))
    return chance.uniform(0.15, 0.9) * (flakes + chance.uniform(0, 0.3)) + chance.uniform(0, 0.12) * heaps


def _specks(chance, x, y, pixel):
    """Sparse litter on an even floor: flakes lie where blotches are."""
    long, wide, least, most = _LITTERS[chance.integers(len(_LITTERS))]
    flakes = sample(chance, litter_tile(long, wide), x, y, chance.uniform(least, most))
    where = sample(chance, cloud_tile(), x, y, chance.uniform(0.5, 1.5))
    cover = np.clip(4 * (flakes + 0.35 * where - chance.uniform(0.0, 0.5)), 0, 1)
    return (-1.0 if chance.random() < 0.75 else 0.5) * chance.uniform(0.4, 0.9) * cover


def _cloth(chance, x, y, pixel):
    side = chance.uniform(2, 6)
    u, v = _turn(chance, x, y)
    weave = np.sin(u * np.float32(6.28 / side)) * np.sin(v * np.float32(6.28 / side))
    fibres = sample(chance, noise_tile(1), x, y, 0.7, stretch=3)
    folds = sample(chance, noise_tile(27), x, y, chance.uniform(0.8, 2))
    return 0.08 * weave + chance.uniform(0.03, 0.12) * fibres + chance.uniform(0, 0.1) * folds


def _turn(chance, x, y):
    """Turn places about the origin by a random angle and move them so that all are positive."""
    angle = chance.uniform(0, 2 * np.pi)
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return x * cosine + y * sine + np.float32(9000), y * cosine - x * sine + np.float32(9000)


def _stripes(chance, x, y, spacing, thick, pixel, angle=None):
    """Return the cover f32[...] of parallel stripes `thick` mm wide, `spacing` apart, across the angle."""
    angle = chance.uniform(0, np.pi) if angle is None else angle
    u = (x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))) / np.float32(spacing)
    away = np.abs(u - np.floor(u) - np.float32(0.5)) * np.float32(spacing)
    return np.clip((np.float32(thick / 2) - away) / np.float32(pixel) + np.float32(0.5), 0, 1)


_PAINTERS = {
    "plain": _plain,
    "worn": _worn,
    "wood": _wood,
    "perforated": _perforated,
    "bars": _bars,
    "tiles": _tiles,
    "bedding": _bedding,
    "specks": _specks,
    "cloth": _cloth,
}
