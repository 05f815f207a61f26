"""Enclosures: boxes, home cages, round tubs and open floors; their walls in perspective."""

from dataclasses import dataclass

import numpy as np

from marey.synth.cameras import Camera
from marey.synth.floors import Palette, land
from marey.synth.textures import cloud_tile, sample

ENCLOSURES = ("box", "cage", "tub", "open")
_ODDS = (0.42, 0.2, 0.16, 0.22)


@dataclass(frozen=True)
class Enclosure:
    """Upright walls around a floor: a rectangle of half sides `half` (X, Y) whose corners are rounded by `radius`, mm.

    `height` is that of the walls, `rim` the width of their upper edge, mm. `clear`: how far one sees through, 0..1.
    """

    kind: str
    half: tuple[float, float]
    radius: float
    height: float
    rim: float
    clear: float = 0.0

    @property
    def size(self) -> tuple[float, float]:
        """Return the (X, Y) extent, mm."""
        return 2 * self.half[0], 2 * self.half[1]

    @property
    def animals(self) -> tuple[float, float]:
        """Return the (X, Y) extent of the rectangle that animals stay in, mm: in a round tub the inscribed one."""
        corner = self.radius * (2 - np.sqrt(2))  # what rounding takes off along both sides
        return 2 * self.half[0] - corner, 2 * self.half[1] - corner

    def inside(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return how far places are inside of the walls, mm; negative outside."""
        qx = np.abs(x) - np.float32(self.half[0] - self.radius)
        qy = np.abs(y) - np.float32(self.half[1] - self.radius)
        nearest = np.maximum(qx, qy)
        if self.radius:
            nearest = np.where(nearest > 0, np.hypot(np.maximum(qx, 0), np.maximum(qy, 0)), nearest)
        return np.float32(self.radius) - nearest


def draw_enclosure(chance: np.random.Generator) -> Enclosure:
    """Draw an enclosure of a usual size."""
    kind = ENCLOSURES[chance.choice(len(ENCLOSURES), p=_ODDS)]
    long = chance.uniform(*{"box": (105, 270), "cage": (120, 200), "tub": (105, 270), "open": (700, 900)}[kind])
    if kind == "tub":
        return Enclosure(kind, (long, long), long, chance.uniform(50, 320), chance.uniform(1, 8))
    short = long * (chance.uniform(0.55, 0.75) if kind == "cage" else chance.choice([1.0, chance.uniform(0.5, 1)]))
    half = (long, short) if chance.random() < 0.5 else (short, long)
    if kind == "cage":
        clear = chance.uniform(0.3, 0.9) if chance.random() < 0.7 else 0.0
        return Enclosure(kind, half, chance.uniform(15, 45), chance.uniform(90, 160), chance.uniform(3, 12), clear)
    if kind == "open":
        return Enclosure(kind, half, 0.0, 10.0, 0.0)
    clear = chance.uniform(0.3, 0.9) if chance.random() < 0.25 else 0.0
    return Enclosure(kind, half, chance.choice([0.0, 6.0]), chance.uniform(40, 350), chance.uniform(1, 12), clear)


def build_walls(
    chance: np.random.Generator,
    palette: Palette,
    enclosure: Enclosure,
    camera: Camera,
    image: np.ndarray,
    solid: np.ndarray,
    points: np.ndarray,
) -> None:
    """Paint walls, rim and surroundings over a floor, in place, and set what lies there.

    Args:
        chance: draws shades and textures.
        palette: colours.
        enclosure: what is built.
        camera: what it is seen by.
        image: f32[height, width, 3] of the floor alone.
        solid: f32[height, width] depths, mm.
        points: f32[height, width, 3] places in the world, mm.
    """
    x, y = points[..., 0], points[..., 1]
    within = enclosure.inside(x, y)
    pixel = solid / np.float32(camera.K[0, 0])
    seen = np.flatnonzero(within < pixel)
    if not len(seen):
        return
    x0, y0, depth0, within, pixel = (plane.ravel()[seen] for plane in (x, y, solid, within, pixel))
    x1, y1, depth1 = (plane.ravel()[seen] for plane in land(camera, enclosure.height))
    flat = image.reshape(-1, 3)
    above = enclosure.inside(x1, y1)
    beyond = np.clip((-above - np.float32(enclosure.rim)) / pixel + np.float32(0.5), 0, 1)
    outer = np.flatnonzero(beyond)
    flat[seen[outer]] = _surroundings(chance, palette, x0[outer], y0[outer])

    near = np.flatnonzero(beyond < 1)
    seen, x0, y0, depth0, x1, y1, depth1 = (values[near] for values in (seen, x0, y0, depth0, x1, y1, depth1))
    above, beyond, within, pixel = (values[near] for values in (above, beyond, within, pixel))
    part = _meet(enclosure, (x0, y0), (x1, y1))
    colour = _wall_colours(chance, palette, enclosure, (x0, y0), (x1, y1), part)
    on_rim = np.flatnonzero(above < 0)
    colour[on_rim] = np.clip(palette.wall * np.float32(chance.uniform(0.5, 1.6)), 0, 1)
    cover = np.clip(np.float32(0.5) - within / pixel, 0, 1) * (1 - beyond)
    under = flat[seen]
    flat[seen] = under + cover[:, None] * (colour - under)
    part[on_rim] = beyond[on_rim] < 0.5
    part[within > 0] = 0
    solid.reshape(-1)[seen] = depth0 + part * (depth1 - depth0)
    places = [x0 + part * (x1 - x0), y0 + part * (y1 - y0), part * np.float32(enclosure.height)]
    points.reshape(-1, 3)[seen] = np.stack(places, axis=-1)


def _meet(enclosure: Enclosure, floor: tuple, top: tuple) -> np.ndarray:
    """Find at which part f32[n] of their way from the floor's plane to the rim's rays meet the walls: regula falsi."""
    outer, inner = np.minimum(enclosure.inside(*floor), -1e-4), np.maximum(enclosure.inside(*top), 0)
    high = np.ones_like(floor[0])
    # `inside` is concave along a ray: the upper end alone moves, once where a wall is flat, twice in its corners.
    for _ in range(5 if enclosure.radius else 2):
        high = high * outer / (outer - inner)
        place = [a + high * (b - a) for a, b in zip(floor, top, strict=True)]
        inner = np.maximum(enclosure.inside(*place), 0)
    return high


def _wall_colours(chance, palette, enclosure, floor, top, part) -> np.ndarray:
    """Return colours f32[n, 3] of walls: sides lit differently, worn, more or less clear."""
    x, y = (a + part * (b - a) for a, b in zip(floor, top, strict=True))
    qx, qy = x / np.float32(enclosure.half[0]), y / np.float32(enclosure.half[1])
    sides = chance.uniform(0.55, 1.1, 4).astype(np.float32)
    if enclosure.kind == "tub":
        shade = sides[0] + np.float32(0.2) * (qx * np.float32(chance.normal()) + qy * np.float32(chance.normal()))
    else:
        shade = sides[np.where(np.abs(qx) > np.abs(qy), (qx > 0) * 1, 2 + (qy > 0))]
    shade = shade * (1 + np.float32(chance.uniform(-0.5, 0.5)) * (part - np.float32(0.5)))
    worn = sample(chance, cloud_tile(), x + y, part * np.float32(enclosure.height), 1.0)
    shade = shade * (1 + np.float32(chance.exponential(0.03)) * worn)
    colour = palette.wall * np.clip(shade, 0.05, 1.4)[:, None]
    mirrored = chance.uniform(0.0, 0.6) if chance.random() < 0.4 else 0.0  # glossy walls show the floor near it
    mix = np.float32(mirrored) * (1 - part)
    colour += mix[:, None] * (palette.floor * np.float32(0.8) - colour)
    if enclosure.clear:
        behind = _surroundings(chance, palette, *floor)
        colour += np.float32(enclosure.clear) * (behind - colour)
    return np.clip(colour, 0, 1)


def _surroundings(chance: np.random.Generator, palette: Palette, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return colours f32[n, 3] of what is around an enclosure: a bench, blotches, and large things without detail."""
    value = 1 + np.float32(chance.exponential(0.06)) * sample(chance, cloud_tile(), x, y, 1.5)
    colour = palette.outside * np.clip(value, 0.2, 2)[:, None]
    for _ in range(chance.poisson(1.5)):
        angle, offset = chance.uniform(0, 2 * np.pi), chance.uniform(100, 400)
        along = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle)) - np.float32(offset)
        across = y * np.float32(np.cos(angle)) - x * np.float32(np.sin(angle))
        there = (along > 0) & (along < chance.uniform(5, 200)) & (np.abs(across) < chance.uniform(30, 400))
        colour[there] = chance.uniform(0.02, 0.9) * (1 + chance.normal(0, 0.05, 3))
    return colour
