"""Lamps: the light on a place, from above or aside, even or in pools, and its highlights."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from marey.synth.enclosures import Enclosure
from marey.synth.stencils import ellipse, fill, rectangle


@dataclass(frozen=True, eq=False)
class Lamp:
    """Light: `direction` f64[3] to the lamp, darkness 0..1 and softness (mm per mm of height) of its shadows.

    `pools` f64[pool, 4] are its bright places: x, y, radius (mm), strength; `level` is the light everywhere else.
    """

    direction: np.ndarray
    shadow_darkness: float
    softness: float
    level: float
    pools: np.ndarray


def draw_lamp(chance: np.random.Generator, arena: tuple[float, float]) -> Lamp:
    """Draw the lamps of a place: diffuse or hard, even or in pools, bright or dim."""
    elevation, azimuth = np.radians(chance.uniform(35, 88)), chance.uniform(-np.pi, np.pi)
    direction = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
    hard = chance.random() < 0.3
    darkness = chance.uniform(0.35, 0.85) if hard else chance.uniform(0.05, 0.5)
    level = chance.uniform(0.75, 1.15) if chance.random() < 0.75 else chance.uniform(0.3, 0.75)
    number = chance.choice(4, p=(0.3, 0.4, 0.2, 0.1))
    side = max(arena) / 2
    pools = np.column_stack(
        [
            chance.uniform(-1, 1, (number, 2)) * np.minimum(arena, 500) / 2,
            np.minimum(side, 350) * chance.uniform(0.35, 1.5, number),
            chance.uniform(0.1, 0.7, number) * chance.choice([1, -0.6], number, p=(0.85, 0.15)),
        ]
    )
    softness = chance.uniform(0.02, 0.15) if hard else chance.uniform(0.2, 0.8)
    return Lamp(direction, darkness, softness, level, pools)


def shine(chance: np.random.Generator, lamp: Lamp, enclosure: Enclosure, points: np.ndarray) -> np.ndarray:
    """Compute the light f32[height, width] at `points` f32[height, width, 3] (mm), in every eighth pixel and between.

    Pools of light, dimmer corners, and the vignette of the lens.
    """
    height, width = points.shape[:2]
    x, y = points[::8, ::8, 0], points[::8, ::8, 1]
    light = np.full(x.shape, lamp.level, np.float32)
    for left, front, radius, strength in lamp.pools:
        light *= 1 + strength * (np.exp(-((x - left) ** 2 + (y - front) ** 2) / radius**2) - 0.5)
    dim = chance.uniform(0, 0.35) if enclosure.kind != "open" else 0.0
    light *= 1 - dim * np.clip(1 - enclosure.inside(x, y) / chance.uniform(15, 60), 0, 1)
    rows, columns = (np.linspace(-1, 1, side) for side in x.shape)
    centre = chance.normal(0, 0.15, 2)
    away = (rows[:, None] - centre[0]) ** 2 * 0.36 + (columns - centre[1]) ** 2 * 0.64
    vignette = chance.uniform(0, 0.25) if chance.random() < 0.7 else chance.uniform(0.25, 0.8)
    light = (light * np.clip(1 - vignette * away, 0.05, None)).astype(np.float32)
    return np.asarray(Image.fromarray(light).resize((width, height), Image.Resampling.BILINEAR)).copy()


def add_highlights(chance: np.random.Generator, image: np.ndarray) -> None:
    """Add mirrored lamps and glints of glass and wet places to an image f32[height, width, 3], in place."""
    if chance.random() > 0.16:
        return
    size = image.shape[1::-1]
    spots = []
    for _ in range(1 + chance.poisson(1.5)):
        centre = chance.uniform(0, 1, 2) * size
        half = (size[0] * chance.uniform(0.01, 0.08), size[0] * chance.uniform(0.003, 0.025))
        angle = chance.choice([0, np.pi / 2, chance.uniform(0, np.pi)])
        spots.append((ellipse if chance.random() < 0.6 else rectangle)(centre, half, angle))
    image += (fill(size, spots, soft=chance.uniform(0.5, 6)) * chance.uniform(0.2, 1.0))[..., None]
