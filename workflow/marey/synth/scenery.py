"""Scenery: an open box with clear walls in front and white ones behind, bedding on its floor, and a shelter."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from marey.synth.cameras import WALL_HEIGHT, Camera
from marey.synth.scene import Scene

FLOOR, WALL, RIM, OUTSIDE, SHELTER = range(5)
RIM_WIDTH = 5.0  # mm
TEXEL_SIZE = 0.6  # mm, of the floor's image
ROOF_HEIGHTS = (56.0, 59.0)  # mm, bottom and top of the shelter's roof: high enough for one animal upon another


@dataclass(frozen=True, eq=False)
class Scenery:
    """What a camera sees without animals.

    `image` f32[height, width, 3] 0..1; `light` f32[height, width], which also falls on animals; `points` f32[height,
    width, 3], mm.
    """

    image: np.ndarray
    light: np.ndarray
    points: np.ndarray


def lamp_position(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Draw the direction f64[3] to the lamp, and the brightest place f64[2] (mm) on the floor."""
    chance = scene.generator("lamp")
    azimuth, elevation = chance.uniform(-np.pi, np.pi), np.radians(chance.uniform(52, 68))
    direction = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
    return direction, chance.uniform(-0.35, 0.35, 2) * scene.arena + 0.15 * direction[:2] * scene.arena


def shelter_boxes(scene: Scene) -> np.ndarray:
    """Place the shelter as boxes f64[box, 2, 3] (lower, upper corner, mm): a roof on four legs; or none."""
    if not scene.occluder:
        return np.zeros((0, 2, 3))
    chance = scene.generator("shelter")
    half = np.minimum(np.array(scene.arena) * 0.15, [52, 40])
    centre = chance.uniform(-0.25, 0.25, 2) * scene.arena
    result = [[[*(centre - half), ROOF_HEIGHTS[0]], [*(centre + half), ROOF_HEIGHTS[1]]]]
    for corner in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        leg = centre + np.array(corner) * (half - 3)
        result.append([[*(leg - 2), 0.0], [*(leg + 2), ROOF_HEIGHTS[0]]])
    return np.array(result)


def cast_rays(scene: Scene, camera: Camera, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find what the rays through `pixels` f64[..., 2] hit first, animals apart: kind i64[...] and depth f64[...], mm.

    Walls are clear from behind, so that they never stand between an oblique camera and the floor; rims are not.
    """
    origin, ray = camera.position, camera.rays(pixels)
    ray = np.where(np.abs(ray) < 1e-9, 1e-9, ray)
    half = np.array(scene.arena) / 2
    down = np.minimum(ray[..., 2], -1e-6)  # above the horizon: infinitely far
    depth = -origin[2] / down
    landed = origin[:2] + depth[..., None] * ray[..., :2]
    kind = np.where((np.abs(landed) <= half).all(axis=-1), FLOOR, OUTSIDE)

    enter, leave = _slabs(origin[:2], ray[..., :2], -half, half)
    height = origin[2] + leave * ray[..., 2]
    wall = (enter < leave) & (kind == OUTSIDE) & (height >= 0) & (height <= WALL_HEIGHT)
    kind, depth = np.where(wall, WALL, kind), np.where(wall, leave, depth)

    above = (WALL_HEIGHT - origin[2]) / down
    beyond = (np.abs(origin[:2] + above[..., None] * ray[..., :2]) - half).max(axis=-1)
    rim = (beyond > 0) & (beyond < RIM_WIDTH) & (above < depth)
    kind, depth = np.where(rim, RIM, kind), np.where(rim, above, depth)
    for low, high in shelter_boxes(scene):
        enter, leave = _slabs(origin, ray, low, high)
        hit = (enter < leave) & (enter < depth)
        kind, depth = np.where(hit, SHELTER, kind), np.where(hit, enter, depth)
    return kind, depth


def _slabs(origin: np.ndarray, ray: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the depths at which rays enter and leave a box (slab method); a miss if they leave before they enter."""
    one, other = (low - origin) / ray, (high - origin) / ray
    return np.minimum(one, other).max(axis=-1), np.maximum(one, other).min(axis=-1)


@lru_cache(maxsize=4)
def _floor(scene: Scene) -> np.ndarray:
    """Paint the floor's image f32[Y, X, 3], TEXEL_SIZE mm per texel: worn plastic, stains, bedding, droppings."""
    chance = scene.generator("floor")
    shape = tuple(int(side / TEXEL_SIZE) + 2 for side in scene.arena[::-1])
    grain, wear, patches, stains = (_cloud(chance, shape, sigma) for sigma in (1, 6, 40, 25))
    grey = 0.55 + 0.02 * grain + 0.02 * wear + 0.03 * patches - 0.05 * np.clip(stains - 0.8, 0, 2)
    tint = np.array([1.02, 1.0, 0.95]) + chance.uniform(-0.03, 0.03, 3)
    floor = (grey[..., None] * tint).astype(np.float32)
    area = scene.arena[0] * scene.arena[1]
    for _ in range(int(scene.clutter * area / 600)):
        wood = np.array([0.80, 0.68, 0.50]) * chance.uniform(0.75, 1.15)
        _speck(floor, chance, wood, length=chance.gamma(4, 0.9), width=chance.uniform(0.5, 1.5))
    for _ in range(int(scene.clutter * area / 10000)):
        _speck(floor, chance, np.array([0.16, 0.13, 0.10]), length=2.6, width=1.1)
    return floor


def _cloud(chance: np.random.Generator, shape: tuple[int, int], sigma: float) -> np.ndarray:
    """Make smooth noise f64[shape] of unit variance whose features are `sigma` texels large."""
    coarse = max(int(sigma / 3), 1)  # noise that is smooth need not be drawn finely
    small = gaussian_filter(chance.standard_normal([side // coarse + 2 for side in shape]), sigma / coarse, mode="wrap")
    rows, columns = np.meshgrid(*(np.arange(side) / coarse for side in shape), indexing="ij")
    field = small if coarse == 1 else map_coordinates(small, [rows, columns], order=1)
    return field[: shape[0], : shape[1]] / small.std()


def _speck(floor: np.ndarray, chance: np.random.Generator, colour: np.ndarray, *, length: float, width: float) -> None:
    """Draw one flake of half-axes `length` and `width` (mm) and its small shadow, in place, anywhere on the floor."""
    reach = int(length / TEXEL_SIZE) + 3
    row, column = (int(chance.integers(0, side)) for side in floor.shape[:2])
    window = floor[max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1]
    rows = np.arange(window.shape[0])[:, None] - min(row, reach)
    columns = np.arange(window.shape[1]) - min(column, reach)
    angle = chance.uniform(0, np.pi)

    def cover(down: int) -> np.ndarray:
        along = columns * np.cos(angle) + (rows - down) * np.sin(angle)
        across = -columns * np.sin(angle) + (rows - down) * np.cos(angle)
        inside = np.hypot(along * TEXEL_SIZE / length, across * TEXEL_SIZE / width)
        return np.clip((1 - inside) * width / TEXEL_SIZE + 0.5, 0, 1)[..., None]

    window *= 1 - 0.3 * cover(1)
    window += cover(0) * (colour * (0.9 + 0.2 * cover(-1)) - window)


def render_scenery(scene: Scene, camera: Camera) -> Scenery:
    """Render the empty place as `camera` sees it, antialiased by twice as many rows and columns."""
    width, height = camera.size
    fine = [np.arange(0.25, side, 0.5) for side in (width, height)]
    pixels = np.stack(np.meshgrid(*fine), axis=-1)
    kind, depth = cast_rays(scene, camera, pixels)
    points = camera.position + depth[..., None] * camera.rays(pixels)
    colour, light = _paint(scene, kind, points), _illuminate(scene, kind, points)
    radius = np.linalg.norm((pixels - [width / 2, height / 2]) / (width / 2), axis=-1)
    light = light * (1 - 0.16 * radius**2)  # vignette

    def shrink(fine: np.ndarray) -> np.ndarray:
        return fine.reshape(height, 2, width, 2, -1).mean(axis=(1, 3)).squeeze().astype(np.float32)

    return Scenery(shrink(colour * light[..., None]), shrink(light), shrink(points))


def _paint(scene: Scene, kind: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the colour f64[..., 3] of the places `points` f64[..., 3] (mm) before light falls on them."""
    place = (points[..., 1::-1] + np.array(scene.arena)[::-1] / 2) / TEXEL_SIZE
    place = np.moveaxis(place, -1, 0)
    channels = np.moveaxis(_floor(scene), -1, 0)
    floor = np.stack([map_coordinates(channel, place, order=1, mode="grid-wrap") for channel in channels], axis=-1)
    plain = 0.02 * (floor.mean(axis=-1, keepdims=True) - 0.5)
    wall = np.array([0.74, 0.75, 0.74]) * (0.62 + 0.38 * np.clip(points[..., 2:] / WALL_HEIGHT, 0, 1) ** 0.5) + plain
    bench = np.array([0.20, 0.21, 0.23]) + 8 * plain
    roof = np.array([0.36, 0.12, 0.10]) * np.where(points[..., 2:] > ROOF_HEIGHTS[1] - 0.5, 1.0, 0.6) + 2 * plain
    choices = {FLOOR: floor, WALL: wall, RIM: np.array([0.82, 0.83, 0.82]), OUTSIDE: bench, SHELTER: roof}
    return np.select([(kind == k)[..., None] for k in choices], list(choices.values()))


def _illuminate(scene: Scene, kind: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Compute light f64[...] at places: a broad pool of lamp light, darker in corners, soft shade under the shelter."""
    direction, hot = lamp_position(scene)
    spread = 0.6 * np.hypot(*scene.arena)
    light = 0.66 + 0.50 * np.exp(-((points[..., :2] - hot) ** 2).sum(axis=-1) / spread**2)
    wall = (np.array(scene.arena) / 2 - np.abs(points[..., :2])).min(axis=-1)
    light = light * np.where(kind == FLOOR, 1 - 0.28 * np.exp(-np.abs(wall) / 9), 1)
    for low, high in shelter_boxes(scene)[:1]:
        shifted = points[..., :2] + direction[:2] / direction[2] * (low[2] - points[..., 2:])
        inside = np.minimum(shifted - low[:2], high[:2] - shifted) / 7.0
        shade = (1 / (1 + np.exp(-np.clip(inside, -30, 30)))).prod(axis=-1)
        light = light * np.where(kind == SHELTER, 1, 1 - 0.5 * shade)
    return light
