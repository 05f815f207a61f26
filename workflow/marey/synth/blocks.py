"""Blocks: what stands in an arena: objects, bottles, bowls, and shelters that animals go under."""

from dataclasses import dataclass

import numpy as np

from marey.synth import stencils
from marey.synth.cameras import Camera
from marey.synth.floors import pixel_rays
from marey.synth.lamps import Lamp
from marey.synth.viewpoints import spot_on_floor


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
        blocks += _KINDS[kind](chance, spot_on_floor(chance, camera), colour)
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
