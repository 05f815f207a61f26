"""Painting of animals into an image: fur in the light of a lamp, soft outlines, shadows."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter

from marey.synth.coats import Coat, hair_of, paint
from marey.synth.gear import NOTHING, Gear
from marey.synth.moments import COMB, Moments
from marey.synth.mouse import EYE, FUR, HARD, SKIN, Figure
from marey.synth.stage import Stage, cast_shadow
from marey.synth.tracing import MARGIN, Outlines, project_solids, trace

MAX_TAPS = 9  # copies that a smear is made of
MIN_DOWN = -0.7  # a camera whose axis points down further sees backs and no bellies


@dataclass(frozen=True, eq=False)
class Mouse:
    """A mouse as it is painted: its figure in the arena, what it wears and carries, its size (1: an adult's).

    `step` is how far (X, Y, Z) it moves while the shutter is open, mm. `moments` are what the image shows of it, the
    nearer first; none: `figure` alone.
    """

    figure: Figure
    coat: Coat
    gear: Gear = NOTHING
    size: float = 1.0
    step: tuple[float, float, float] | np.ndarray = (0.0, 0.0, 0.0)
    moments: tuple[Moments, ...] = ()


def paint_mice(stage: Stage, mice: list[Mouse]) -> list[Outlines]:
    """Paint mice, the farthest first, and return their outlines in their order."""
    outlines = [project_solids(mouse.figure.solids, stage.camera) for mouse in mice]
    distance = [stage.camera.project(mouse.figure.trunk.mean(axis=0))[1] for mouse in mice]
    for animal in np.argsort(distance)[::-1]:
        figure = mice[animal].figure
        cast_shadow(stage, figure.trunk[4::2], figure.radii[4::2])
        _paint(stage, mice[animal], outlines[animal])
    return outlines


def _paint(stage: Stage, mouse: Mouse, outlines: Outlines) -> None:
    """Paint a mouse where it is nearer than what is there."""
    for moments in mouse.moments or (Moments((mouse.figure,), (1.0,)),):
        layers, before = [], stage.solid.copy()  # what is seen at other moments hides nothing
        for figure, share in zip(moments.figures, _shares(stage, moments), strict=True):
            seen = outlines if figure is mouse.figure else project_solids(figure.solids, stage.camera)
            layers.append(_layer(stage, mouse, figure, seen, share, before))
        _lay(stage, [layer for layer in layers if layer is not None])


def _shares(stage: Stage, moments: Moments) -> list[float] | list[np.ndarray]:
    """Return the share of each figure in the light: numbers, or f32[h, 1] of the rows."""
    if moments.shares != COMB:
        return list(moments.shares)
    even = (np.arange(stage.camera.size[1]) % 2 == 0)[:, None].astype(np.float32)
    return [even, 1 - even]


def _lay(stage: Stage, layers: list[tuple]) -> None:
    """Lay layers f32[h, w, 4] (colour times cover, cover), each in its window, over the image as light that adds up."""
    if not layers:
        return
    if len(layers) > 1:
        whole = np.zeros((*stage.image.shape[:2], 4), np.float32)
        for window, layer in layers:
            whole[window] += layer
        spans = [[(each[axis].start, each[axis].stop) for each, _ in layers] for axis in (0, 1)]
        window = tuple(slice(min(low for low, _ in span), max(high for _, high in span)) for span in spans)
        layer = whole[window]
    else:
        ((window, layer),) = layers
    image = stage.image[window]
    image *= 1 - layer[..., 3:]
    image += layer[..., :3]


def _layer(
    stage: Stage, mouse: Mouse, figure: Figure, outlines: Outlines, share: float | np.ndarray, before: np.ndarray
) -> tuple[tuple[slice, slice], np.ndarray] | None:
    """Paint a figure of a mouse as a layer f32[h, w, 4] in a window of the image; None where nothing is seen.

    `before` f32[h, w] is the depth of what hides it. What has more than half of the light hides what is behind it.
    """
    traced = trace(outlines, stage.camera.size)
    near = np.flatnonzero(traced.inside > -MARGIN) if traced is not None else ()
    if not len(near):
        return None
    window, (tall, wide) = (traced.rows, traced.columns), traced.inside.shape
    number, inside, depth = (plane.ravel()[near] for plane in (traced.number, traced.inside, traced.depth))
    ahead, light, before = (plane[window].ravel()[near] for plane in (stage.solid, stage.light, before))
    rows, columns = near // wide, near % wide
    ys, xs = (
        (rows + (traced.rows.start + 0.5)).astype(np.float32),
        (columns + (traced.columns.start + 0.5)).astype(np.float32),
    )
    place, across, normal = surface(outlines, figure.along, number, xs, ys, mouse.size)
    cover = figure.cover[number]
    furry = cover == FUR
    hair = hair_of(mouse.coat, place, across) * furry
    alpha = np.clip(inside + 0.5 + np.float32(0.5 * mouse.coat.hair * outlines.focal) / depth * hair, 0, 1)
    alpha *= _tail_cover(mouse.coat, cover, place) * (depth < before)
    alpha *= share if np.isscalar(share) else share[rows + traced.rows.start, 0]
    solid = stage.solid[window]
    solid[rows, columns] = np.where(alpha > 0.5, np.minimum(depth, ahead), ahead)
    below = 1 - np.clip(-normal[:, 2], 0, 1)
    colour = paint(mouse.coat, cover, place, across, _belly(stage, normal, below))
    hard = np.flatnonzero(cover >= HARD)
    colour[hard] = mouse.gear.colours[cover[hard] - HARD]
    lit = _shade(stage, normal, below)
    _light_fur(mouse.coat, (tall, wide), near, lit, furry, mouse.size * outlines.focal / float(depth.mean()))
    lit *= 1 + np.float32(mouse.coat.streaks) * hair
    colour *= lit[:, None]
    colour += _gloss(stage, mouse.coat, cover, normal)[:, None]
    colour *= (light * alpha)[:, None]
    layer = np.zeros((tall * wide, 4), np.float32)
    layer[near, :3], layer[near, 3] = colour, alpha
    layer = layer.reshape(tall, wide, 4)
    return _smear(stage, mouse, window, layer)


def _smear(
    stage: Stage, mouse: Mouse, window: tuple[slice, slice], layer: np.ndarray
) -> tuple[tuple[slice, slice], np.ndarray]:
    """Smear a layer f32[h, w, 4] along the way of a mouse during the exposure, half of it before the frame's time.

    Returns the window of the smeared layer, which is wider, and the layer.
    """
    if not np.any(mouse.step):
        return window, layer
    middle = mouse.figure.trunk.mean(axis=0)
    step = stage.camera.project(middle + np.asarray(mouse.step))[0] - stage.camera.project(middle)[0]
    reach = round(0.5 * float(np.abs(step).max()))
    if reach == 0:
        return window, layer
    parts = np.linspace(-0.4, 0.4, min(2 * reach + 1, MAX_TAPS))
    taps = np.round(parts[:, None] * step[::-1]).astype(int)  # rows and columns
    size = np.array(stage.camera.size)[::-1]
    start = np.array([span.start for span in window])
    low, high = np.maximum(start - reach, 0), np.minimum(start + layer.shape[:2] + reach, size)
    wide = np.zeros((*(high - low), 4), np.float32)
    for tap in start + taps:
        first, last = np.maximum(tap, low), np.minimum(tap + layer.shape[:2], high)
        if (first < last).all():
            there = tuple(map(slice, first - low, last - low))
            wide[there] += layer[tuple(map(slice, first - tap, last - tap))]
    return tuple(map(slice, low, high)), wide / np.float32(len(taps))


def surface(
    outlines: Outlines, along: np.ndarray, number: np.ndarray, xs: np.ndarray, ys: np.ndarray, size: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute of pixels f32[n] place along the animal, mm across it (of ears: 0..1 outwards), and normals [n, 3]."""
    cones = outlines.cones
    cone = np.minimum(number, cones - 1)
    a, b = outlines.a[cone], outlines.b[cone]
    axis = b - a
    length2 = np.maximum((axis**2).sum(axis=1), 1e-6)
    dx, dy = xs - a[:, 0], ys - a[:, 1]
    free = (dx * axis[:, 0] + dy * axis[:, 1]) / length2
    part = np.clip(free, 0, 1)
    dx, dy = dx - part * axis[:, 0], dy - part * axis[:, 1]
    radius = outlines.ra[cone] + part * (outlines.rb[cone] - outlines.ra[cone])
    bulge = np.sqrt(np.maximum(radius * radius - dx * dx - dy * dy, 0))
    normal = np.stack([dx, dy, -bulge], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    side = (axis[:, 0] * dy - axis[:, 1] * dx) / np.sqrt(length2)
    along = along[cone]
    place = along[:, 0] + np.clip(free, -1, 2) * (along[:, 1] - along[:, 0])
    across = side * outlines.za[cone] / np.float32(outlines.focal * size)
    ears = np.flatnonzero(number >= cones)
    disc = number[ears] - cones
    dx, dy = xs[ears] - outlines.centre[disc, 0], ys[ears] - outlines.centre[disc, 1]
    inverse = outlines.inverse[disc]
    across[ears] = np.hypot(
        inverse[:, 0, 0] * dx + inverse[:, 0, 1] * dy, inverse[:, 1, 0] * dx + inverse[:, 1, 1] * dy
    )
    place[ears] = 0.2
    normal[ears] = np.array([0, 0, -1], np.float32)
    return place, across, normal


def _shade(stage: Stage, normal: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Compute how light f32[n] places are: Lambert's law, much ambient light, dark grazing angles."""
    world = normal @ stage.camera.R.astype(np.float32)
    lit = 0.62 + 0.45 * np.maximum(world @ stage.lamp.astype(np.float32), 0)
    return lit * (1 - 0.30 * below**2)


def _tail_cover(coat: Coat, cover: np.ndarray, place: np.ndarray) -> np.ndarray | float:
    """Return how much f32[n] is seen of places: all but a faint tail is seen fully."""
    base, tip = coat.tail
    if base == tip == 1:
        return 1.0
    faint = np.float32(base) + np.float32(tip - base) * np.clip(place - 1, 0, 1)
    return np.where(cover == SKIN, faint, np.float32(1))


def _light_fur(
    coat: Coat, shape: tuple[int, int], near: np.ndarray, lit: np.ndarray, furry: np.ndarray, scale: float
) -> None:
    """Even out, in place, how light f32[n] the `furry` ones of places are: hair hides the solids that it stands on.

    `near` i64[n] is where the places are in a window of this shape, `lit` f32[n] how light they would be, `scale` px
    per mm.
    """
    width = int(coat.smooth * scale)
    if width > 1 and furry.any():
        field = np.zeros((2, shape[0] * shape[1]), np.float32)
        field[0, near], field[1, near] = lit * furry, furry
        summed, count = (uniform_filter(uniform_filter(layer.reshape(shape), width), width) for layer in field)
        smooth = summed.ravel()[near] / np.maximum(count.ravel()[near], np.float32(1e-3))
    else:
        smooth = lit
    np.copyto(lit, 1 + np.float32(coat.relief) * (smooth - 1), where=furry)


def _belly(stage: Stage, normal: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return how near f32[n] places are to the belly, 0..1: for a camera above, how near to the outline."""
    if stage.camera.R[2, 2] < MIN_DOWN:
        return below
    return np.clip(0.8 - 0.6 * (normal @ stage.camera.R[:, 2].astype(np.float32)), 0, 1)


def _gloss(stage: Stage, coat: Coat, cover: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Compute highlights f32[n]: soft ones on fur, small ones on eyes (Blinn's half vector, seen from far)."""
    half = stage.camera.R.astype(np.float32) @ stage.lamp.astype(np.float32) + np.array([0, 0, -1], np.float32)
    half /= np.linalg.norm(half)
    cosine = np.maximum(normal @ half, 0)
    square = cosine * cosine
    gloss = np.where(cover == FUR, np.float32(coat.gloss) * square * square * square, np.float32(0))
    eyes = np.flatnonzero(cover == EYE)
    gloss[eyes] = 0.5 * cosine[eyes] ** 40
    return gloss
