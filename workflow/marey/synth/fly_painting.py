"""Painting of flies: bodies in the light of a lamp, and wings that one sees through."""

from dataclasses import dataclass

import numpy as np

from marey.synth.fly import FlyFigure
from marey.synth.fly_coats import FlyCoat, paint_fly
from marey.synth.mouse import EYE
from marey.synth.painting import surface
from marey.synth.stage import Stage, cast_shadow
from marey.synth.tracing import Outlines, project_solids, trace

# Veins run from the hinge to the edge: where, in parts of the half width there, to the front.
VEINS = (0.97, 0.62, 0.18, -0.30, -0.68)
VEIN_WIDTH = 0.7  # mm; half


@dataclass(frozen=True, eq=False)
class Fly:
    """A fly as it is painted: its figure in the arena, what it looks like, its size (1: usual)."""

    figure: FlyFigure
    coat: FlyCoat
    size: float = 1.0


def paint_flies(stage: Stage, flies: list[Fly]) -> list[Outlines]:
    """Paint flies, the farthest first, and return the outlines of their bodies and legs in their order."""
    outlines = [project_solids(fly.figure.solids, stage.camera) for fly in flies]
    distance = [stage.camera.project(fly.figure.trunk.mean(axis=0))[1] for fly in flies]
    for number in np.argsort(distance)[::-1]:
        fly = flies[number]
        cast_shadow(stage, fly.figure.trunk, fly.figure.radii)
        _paint_body(stage, fly, outlines[number])
        for wing in fly.figure.wings:
            _paint_wing(stage, fly.coat, wing)
    return outlines


def _paint_body(stage: Stage, fly: Fly, outlines: Outlines) -> None:
    """Paint body and legs where they are nearer than what is there."""
    traced = trace(outlines, stage.camera.size)
    if traced is None:
        return
    near = traced.inside > -1
    number, depth = traced.number[near], traced.depth[near]
    rows, columns = np.nonzero(near)
    xs = (columns + traced.columns.start + 0.5).astype(np.float32)
    ys = (rows + traced.rows.start + 0.5).astype(np.float32)
    place, across, normal = surface(outlines, fly.figure.along, number, xs, ys, fly.size)
    cover = fly.figure.cover[number]
    thin = np.minimum(2 * np.minimum(outlines.ra, outlines.rb)[number], 1)  # of a pixel, that a leg fills
    alpha = np.clip(traced.inside[near] + 0.5, 0, 1) * np.maximum(thin, 0.3)
    window = (traced.rows, traced.columns)
    ahead = stage.solid[window][near]
    alpha *= depth < ahead
    stage.solid[window][near] = np.where(alpha > 0.5, np.minimum(depth, ahead), ahead)
    lamp = stage.lamp.astype(np.float32)
    facing = normal @ (stage.camera.R.astype(np.float32) @ lamp)
    grazing = 1 - np.clip(-normal[:, 2], 0, 1)
    colour = paint_fly(fly.coat, cover, place, across)
    colour *= ((0.6 + 0.45 * np.maximum(facing, 0)) * (1 - 0.35 * grazing**2))[:, None]
    colour += (np.where(cover == EYE, 0.3, fly.coat.gloss) * np.maximum(facing, 0) ** 16)[:, None]
    colour *= stage.light[window][near][:, None]
    under = stage.image[window]
    under[near] += alpha[:, None] * (colour - under[near])


def _paint_wing(stage: Stage, coat: FlyCoat, wing: np.ndarray) -> None:
    """Lay a wing f64[3, 3] (middle and half-axes, mm) over what is behind it."""
    corners = wing[0] + np.array([(-1, -1), (-1, 1), (1, 1), (1, -1)]) @ wing[1:]
    position, depth = stage.camera.project(np.concatenate([corners, wing[:1], wing[0] + wing[1:]]))
    low = np.clip(np.floor(position[:4].min(axis=0)) - 1, 0, stage.camera.size).astype(int)
    high = np.clip(np.ceil(position[:4].max(axis=0)) + 1, 0, stage.camera.size).astype(int)
    if (low >= high).any():
        return
    window = (slice(low[1], high[1]), slice(low[0], high[0]))
    axes = (position[5:] - position[4]).T
    sides = np.linalg.norm(axes, axis=0)
    if min(sides) < 1 or abs(np.linalg.det(axes)) < 0.1 * sides.prod():
        return  # on edge
    inverse = np.linalg.inv(axes).astype(np.float32)
    dx = np.arange(low[0], high[0], dtype=np.float32) + np.float32(0.5 - position[4, 0])
    dy = (np.arange(low[1], high[1], dtype=np.float32) + np.float32(0.5 - position[4, 1]))[:, None]
    along, front = (row[0] * dx + row[1] * dy for row in inverse)
    wide = wing_width(along)
    cover = np.clip((wide - np.abs(front)) * np.float32(sides[1]) + np.float32(0.5), 0, 1)
    cover *= np.abs(along) < 1
    scale = np.float32(sides[1] / np.linalg.norm(wing[2]))  # px per mm
    half = np.maximum(np.float32(VEIN_WIDTH) * scale, np.float32(0.5))
    gap = np.min([np.abs(front - vein * wide) for vein in VEINS], axis=0) * np.float32(sides[1])
    veins = np.clip(half - gap + np.float32(0.5), 0, 1) * min(2 * VEIN_WIDTH * float(scale), 1)
    alpha = cover * (np.float32(coat.opaque) + np.float32(coat.veins) * veins).clip(0, 0.95)
    alpha *= stage.solid[window] > depth[4]
    colour = coat.wing.astype(np.float32) * (1 - np.float32(0.4) * veins)[..., None]
    colour = colour * stage.light[window][..., None]
    image = stage.image[window]
    image += alpha[..., None] * (colour - image)


def wing_width(along: np.ndarray) -> np.ndarray:
    """Return the half width f32[...] (1: the widest) of a wing from its hinge (-1) to its tip (1)."""
    part = np.clip((along + 1) / 2, 0, 1)
    return np.sqrt(np.maximum(1 - along * along, 0)) * np.minimum(np.float32(0.5) + part * np.float32(1.1), 1)
