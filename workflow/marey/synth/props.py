"""Props: what lies and stands in an arena, some of it as dark and as long as a mouse or its tail."""

from dataclasses import dataclass

import numpy as np

from marey.synth import stencils
from marey.synth.cameras import Camera
from marey.synth.floors import pixel_rays
from marey.synth.lamps import Lamp
from marey.synth.textures import litter_tile, sample

FLAT = ("droppings", "tape", "stains", "blobs", "curves", "writing", "nest", "food")
_FLAT_ODDS = (0.35, 0.15, 0.3, 0.3, 0.35, 0.06, 0.08, 0.12)


def lay_flat(
    chance: np.random.Generator,
    camera: Camera,
    image: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
) -> None:
    """Lay flat things on a floor f32[height, width, 3], in place; `x`, `y` f32[height, width] are its places, mm."""
    for name, odds in zip(FLAT, _FLAT_ODDS, strict=True):
        if chance.random() < odds:
            _LAYERS[name](chance, camera, image, x, y)


def _spot(chance: np.random.Generator, camera: Camera, number: int | None = None) -> np.ndarray:
    """Draw places f64[number, 2] on the floor that the camera sees, mm."""
    ray = camera.rays(chance.uniform(0, 1, (number or 1, 2)) * camera.size)
    places = (camera.position + ray * (camera.position[2] / -ray[..., 2:]))[:, :2]
    return places if number else places[0]


def _droppings(chance, camera, image, x, y):
    spots = _spot(chance, camera, 1 + int(chance.exponential(15)))
    long, wide = chance.uniform(2, 3.5), chance.uniform(0.8, 1.3)
    ovals = [stencils.ellipse(spot, (long, wide), chance.uniform(0, np.pi), 8) for spot in spots]
    cover = stencils.fill(camera.size, [stencils.project(camera, oval) for oval in ovals])
    stencils.lay(image, cover, chance.uniform(0.02, 0.2) * np.array([1.1, 1, 0.85]))


def _tape(chance, camera, image, x, y):
    strips, width = [], chance.uniform(2, 25)
    for _ in range(1 + chance.poisson(1)):
        angle = chance.choice([0, np.pi / 2, chance.uniform(0, np.pi)])
        strips.append(stencils.ellipse(_spot(chance, camera), (chance.uniform(30, 500), width / 2), angle, 4))
    colour = chance.uniform(0.02, 0.98) * (1 + chance.normal(0, 0.25, 3) * (chance.random() < 0.5))
    cover = stencils.fill(camera.size, [stencils.project(camera, strip) for strip in strips])
    stencils.lay(image, cover * np.float32(chance.uniform(0.3, 1)), colour)


def _stains(chance, camera, image, x, y):
    """Wet and soiled places, and shadows of things that are out of sight."""
    spots = []
    for _ in range(1 + chance.poisson(2)):
        blob = stencils.ellipse(_spot(chance, camera), tuple(chance.uniform(5, 45, 2)), chance.uniform(0, np.pi))
        spots.append(blob + chance.normal(0, 3, blob.shape))
    soft = chance.choice([1.0, chance.uniform(1, 15)])
    cover = stencils.fill(camera.size, [stencils.project(camera, spot) for spot in spots], soft=soft)
    image *= 1 + (np.float32(chance.choice([-1, 0.6], p=(0.75, 0.25)) * chance.uniform(0.05, 0.55)) * cover)[..., None]


def _blobs(chance, camera, image, x, y):
    """Blobs as dark (or pale) and as large as a mouse that are none."""
    spots = []
    for _ in range(1 + chance.poisson(0.7)):
        half = (chance.uniform(10, 45), chance.uniform(6, 20))
        blob = stencils.ellipse(_spot(chance, camera), half, chance.uniform(0, np.pi))
        spots.append(blob + chance.normal(0, chance.uniform(0, 3), blob.shape))
    cover = stencils.fill(camera.size, [stencils.project(camera, spot) for spot in spots], soft=chance.uniform(0.3, 8))
    level = chance.uniform(0.02, 0.3) if chance.random() < 0.7 else chance.uniform(0.5, 0.95)
    colour = level * (1 + chance.normal(0, 0.05, 3))
    stencils.lay(image, cover * np.float32(chance.uniform(0.4, 1)), colour)


def _curves(chance, camera, image, x, y):
    """Scratches, hairs, cables: curves that look like tails."""
    width, curves = chance.uniform(0.4, 5), []
    for _ in range(1 + chance.poisson(1)):
        heading, length = chance.uniform(0, 2 * np.pi), chance.uniform(40, 400)
        curve = stencils.wander(chance, _spot(chance, camera), heading, length, chance.uniform(0, 8))
        curves.append(stencils.project(camera, curve))
    thick = width * camera.K[0, 0] / camera.position[2]
    cover = stencils.stroke(camera.size, curves, thick, soft=chance.uniform(0, 1.5))
    colour = chance.uniform(0.02, 0.4) if chance.random() < 0.6 else chance.uniform(0.4, 0.95)
    tint = chance.choice([0.02, 0.25], p=(0.8, 0.2))
    stencils.lay(image, cover * np.float32(chance.uniform(0.2, 1)), colour * (1 + chance.normal(0, tint, 3)))


def _writing(chance, camera, image, x, y):
    text = "".join(chance.choice(list("ABCDEFGHKLMNOPRSTUXZ0123456789 -"), chance.integers(1, 8)))
    height = camera.size[1] * chance.uniform(0.04, 0.2)
    cover = stencils.write(camera.size, text, tuple(chance.uniform(0, 0.9, 2) * camera.size), height)
    stencils.lay(image, cover, chance.choice([0.03, 0.95]))


def _nest(chance, camera, image, x, y):
    """A heap of shredded paper or cotton."""
    spot, radius = _spot(chance, camera), chance.uniform(25, 60)
    heap = stencils.ellipse(spot, (radius, radius * chance.uniform(0.6, 1)), chance.uniform(0, np.pi))
    heap += chance.normal(0, radius * 0.08, heap.shape)
    cover = stencils.fill(camera.size, [stencils.project(camera, heap)], soft=3)
    shreds = sample(chance, litter_tile(12, 1.5), x, y, chance.uniform(0.5, 1))
    dome = 1 - np.clip(((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / radius**2, 0, 1) * np.float32(0.4)
    colour = np.float32(chance.uniform(0.4, 0.9)) * (1 + np.float32(0.25) * shreds) * dome
    stencils.lay(image, cover, colour[..., None])


def _food(chance, camera, image, x, y):
    spots = _spot(chance, camera, 1 + chance.poisson(2))
    half = tuple(chance.uniform(3, 10, 2))
    pieces = [stencils.ellipse(spot, half, chance.uniform(0, np.pi), chance.integers(4, 12)) for spot in spots]
    shade = stencils.fill(camera.size, [stencils.project(camera, piece + half[1] * 0.4) for piece in pieces], soft=2)
    image *= 1 - np.float32(0.5) * shade[..., None]
    cover = stencils.fill(camera.size, [stencils.project(camera, piece) for piece in pieces])
    stencils.lay(image, cover, chance.uniform(0.1, 0.8) * np.array([1.2, 1, 0.7]))


_LAYERS = {
    "droppings": _droppings,
    "tape": _tape,
    "stains": _stains,
    "blobs": _blobs,
    "curves": _curves,
    "writing": _writing,
    "nest": _nest,
    "food": _food,
}


@dataclass(frozen=True, eq=False)
class Block:
    """An upright prism: corners `base` f64[corner, 2], convex and anticlockwise (mm), between two heights (mm)."""

    base: np.ndarray
    bottom: float
    top: float
    colour: np.ndarray
    inner: float = 0.0  # part of the top that is a darker hollow, as of bowls and cups


def draw_blocks(chance: np.random.Generator, camera: Camera) -> list[Block]:
    """Draw what stands in an arena: blocks, bottles, bowls, cups, and shelters, which animals can be under."""
    blocks = []
    for _ in range(chance.choice(4, p=(0.66, 0.2, 0.1, 0.04))):
        kind = chance.choice(["block", "bottle", "bowl", "shelter"], p=(0.3, 0.2, 0.2, 0.3))
        colour = (chance.uniform(0.03, 0.95) * (1 + chance.normal(0, chance.choice([0.03, 0.35]), 3))).clip(0.01, 0.98)
        blocks += _KINDS[kind](chance, _spot(chance, camera), colour)
    return blocks


def _block(chance, spot, colour):
    corners, angle = int(chance.choice([4, 4, 6, 3])), chance.uniform(0, np.pi)
    base = stencils.ellipse(spot, tuple(chance.uniform(8, 35, 2)), angle, corners)
    return [Block(base, 0.0, chance.uniform(5, 80), colour)]


def _bottle(chance, spot, colour):
    radius, height = chance.uniform(10, 30), chance.uniform(30, 120)
    neck = stencils.ellipse(spot, (radius * 0.4, radius * 0.4), 0.0, 16)
    body = Block(stencils.ellipse(spot, (radius, radius), 0.0), 0.0, height, colour)
    return [body, Block(neck, height, height * 1.25, colour * chance.uniform(0.4, 1.3))]


def _bowl(chance, spot, colour):
    radius = chance.uniform(18, 45)
    ring = stencils.ellipse(spot, (radius, radius), 0.0, 24)
    return [Block(ring, 0.0, chance.uniform(8, 45), colour, inner=chance.uniform(0.75, 0.93))]


def _shelter(chance, spot, colour):
    """A roof high enough for a mouse to be under, on two walls."""
    long, wide, high = chance.uniform(30, 60), chance.uniform(25, 45), chance.uniform(45, 75)
    angle = chance.uniform(0, np.pi)
    axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    roof = Block(spot + signs * [long, wide] @ axes, high - 3, high, colour)
    sides = [spot + (signs * [long, 1.5] + [0, way * (wide - 1.5)]) @ axes for way in (-1, 1)]
    return [roof, *(Block(side, 0.0, high - 3, colour * 0.8) for side in sides)]


_KINDS = {"block": _block, "bottle": _bottle, "bowl": _bowl, "shelter": _shelter}


def put_up(
    blocks: list[Block],
    camera: Camera,
    lamp: Lamp,
    image: np.ndarray,
    light: np.ndarray,
    solid: np.ndarray,
    points: np.ndarray,
) -> None:
    """Put blocks and their shadows into a place, in place; see `places.Place` for the arrays."""
    for block in blocks:
        slope = -lamp.direction[:2] / lamp.direction[2]
        reach = np.stack([block.base + slope * block.bottom, block.base + slope * block.top])
        cast = [stencils.project(camera, polygon) for polygon in (reach[0], reach[1], *_sweep(*reach))]
        soft = lamp.softness * block.top / 2 * camera.K[0, 0] / camera.position[2]
        light *= 1 - np.float32(lamp.shadow_darkness) * stencils.fill(camera.size, cast, soft=min(soft, 25))
    rays = pixel_rays(camera) if blocks else None
    for block in blocks:
        paint_block(block, camera, rays, lamp, image, solid, points)


def _sweep(first: np.ndarray, second: np.ndarray) -> list[np.ndarray]:
    """Return the quadrilaterals f64[4, 2] that a polygon's sides sweep on its way from one place to another."""
    nexts = np.roll(first, -1, axis=0), np.roll(second, -1, axis=0)
    return list(np.stack([first, nexts[0], nexts[1], second], axis=1))


def paint_block(
    block: Block,
    camera: Camera,
    rays: tuple[np.ndarray, np.ndarray, np.ndarray],
    lamp: Lamp,
    image: np.ndarray,
    solid: np.ndarray,
    points: np.ndarray,
) -> None:
    """Paint one block where it is nearer than `solid`, which it lowers, by where rays enter and leave its planes."""
    corners = np.concatenate([stencils.project(camera, block.base, height) for height in (block.bottom, block.top)])
    left, top = np.clip(np.floor(corners.min(axis=0)), 0, camera.size).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(axis=0)) + 1, 0, camera.size).astype(int)
    if right <= left or bottom <= top or camera.position[2] < block.top + 50:
        return
    window = (slice(top, bottom), slice(left, right))
    dx, dy, dz = (axis[window] for axis in rays)
    eye = camera.position.astype(np.float32)
    enter, leave = (np.float32(block.top) - eye[2]) / dz, (np.float32(block.bottom) - eye[2]) / dz
    shade = np.full(dx.shape, 0.6 + 0.5 * lamp.direction[2], np.float32)
    sides = np.roll(block.base, -1, axis=0) - block.base
    normals = np.stack([sides[:, 1], -sides[:, 0]], axis=1) / np.linalg.norm(sides, axis=1)[:, None]
    for normal, corner in zip(normals.astype(np.float32), block.base, strict=True):
        toward = dx * normal[0] + dy * normal[1]
        depth = np.float32((corner - camera.position[:2]) @ normal) / np.where(np.abs(toward) < 1e-9, 1e-9, toward)
        inward = (toward < 0) & (depth > enter)
        shade = np.where(inward, np.float32(0.45 + 0.5 * max(normal @ lamp.direction[:2], 0)), shade)
        enter = np.where(inward, depth, enter)
        leave = np.where(toward >= 0, np.minimum(leave, depth), leave)
    hit = (enter < leave) & (enter < solid[window])
    place = [eye[axis] + enter * ray for axis, ray in enumerate((dx, dy, dz))]
    if block.inner:
        middle, radius = block.base.mean(axis=0), np.linalg.norm(block.base[0] - block.base.mean(axis=0))
        hollow = np.hypot(place[0] - middle[0], place[1] - middle[1]) < radius * block.inner
        shade = np.where(hollow, shade * np.float32(0.55), shade)
    image[window][hit] = block.colour * shade[hit][:, None]
    solid[window][hit] = enter[hit]
    points[window][hit] = np.stack(place, axis=-1)[hit]
