"""Tracing of an animal: rounded cones and discs as a camera sees them, each in a window of its own."""

from dataclasses import dataclass

import numpy as np

from marey.synth.cameras import Camera

UNSEEN = 1e9  # mm: the depth where there is nothing
_OUTSIDE = 1e6  # ranks what is outside all outlines behind what is inside one
SKIN_TOLERANCE = 7.0  # mm that a keypoint may lie below the drawn skin of its own animal
MARGIN = 3.0  # px around an outline that are traced too: for hair and soft edges
_FEW = 600  # pixels in the window of a cone below which it is looked at together with others


@dataclass(frozen=True, eq=False)
class Solids:
    """What an animal is made of: rounded cones and, behind them in number, flat elliptic discs; mm.

    `ends` f64[cone, 2, 3] are the centres of the balls at either end of a cone, `radii` f32[cone, 2] theirs; `discs`
    f64[disc, 3, 3] the centre of a disc and its two half-axes.
    """

    ends: np.ndarray
    radii: np.ndarray
    discs: np.ndarray


@dataclass(frozen=True, eq=False)
class Outlines:
    """Solids in the image of a camera. Cones: `a` and `b` f32[cone, 2] px, `ra` and `rb` f32[cone] px, `za` and `zb`.

    Discs: `centre` f32[disc, 2] px, `inverse` f32[disc, 2, 2] from px to the unit circle, `depth` f32[disc, 3]: mm at
    the centre, and its change along the half-axes. `scale` is px per mm at the nearest point.
    """

    a: np.ndarray
    b: np.ndarray
    ra: np.ndarray
    rb: np.ndarray
    za: np.ndarray
    zb: np.ndarray
    centre: np.ndarray
    inverse: np.ndarray
    depth: np.ndarray
    boxes: np.ndarray
    focal: float

    @property
    def cones(self) -> int:
        """Return the number of cones: the numbers of discs begin there."""
        return len(self.a)


def project_solids(solids: Solids, camera: Camera) -> Outlines:
    """Project solids. A cone becomes a rounded cone in the image plane: 3 % too short radially in far corners."""
    focal = np.float32(camera.K[0, 0])
    cones, discs = len(solids.ends), len(solids.discs)
    rims = solids.discs[:, :1] + solids.discs * np.array([0, 1, 1])[:, None]  # the centre, and the ends of the axes
    places, depths = camera.project(np.concatenate([solids.ends.reshape(-1, 3), rims.reshape(-1, 3)]))
    position, depth = places[: 2 * cones].reshape(-1, 2, 2).astype(np.float32), depths[: 2 * cones].astype(np.float32)
    depth = depth.reshape(-1, 2)
    radii = solids.radii * focal / depth
    reach = radii[..., None]
    boxes = np.stack([(position - reach).min(axis=1), (position + reach).max(axis=1)], axis=1)
    edges, rim = places[2 * cones :].reshape(-1, 3, 2), depths[2 * cones :].reshape(-1, 3)
    centre, inverse = edges[:, 0], np.zeros((0, 2, 2))
    if discs:
        axes = np.swapaxes(edges[:, 1:] - centre[:, None], -1, -2)  # columns: the half-axes in px
        left, size, right = np.linalg.svd(axes)
        size = np.maximum(size, 0.5 * focal / rim[:, :1])  # an ear is 1 mm thick: never nothing from the side
        inverse = np.swapaxes(right, -1, -2) / size[:, None] @ np.swapaxes(left, -1, -2)
        boxes = np.concatenate([boxes, np.stack([centre - size[:, :1], centre + size[:, :1]], axis=1)])
    return Outlines(
        *(position[:, 0], position[:, 1], radii[:, 0], radii[:, 1], depth[:, 0], depth[:, 1]),
        centre=centre.astype(np.float32),
        inverse=inverse.astype(np.float32),
        depth=(rim - rim[:, :1] * np.array([0, 1, 1])).astype(np.float32),
        boxes=boxes,
        focal=float(focal),
    )


def look(outlines: Outlines, number: int | np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute how far inside the outline of solids (px) positions are, and the depth of their skin there (mm).

    `number` is one solid, or those of cones, i64; `number`, `x` and `y` (f32 px) broadcast together.
    """
    if np.isscalar(number) and number >= outlines.cones:
        return _look_at_disc(outlines, number - outlines.cones, x, y)
    a, ra, za = outlines.a[number], outlines.ra[number], outlines.za[number]
    axis = outlines.b[number] - a
    ax, ay = axis[..., 0], axis[..., 1]
    dx, dy = x - a[..., 0], y - a[..., 1]
    part = dx * ax + dy * ay
    part /= np.maximum(ax * ax + ay * ay, np.float32(1e-6))
    np.minimum(np.maximum(part, 0, out=part), 1, out=part)
    dx, dy = dx - part * ax, dy - part * ay
    radius = ra + part * (outlines.rb[number] - ra)
    distance2 = dx * dx + dy * dy
    bulge = np.sqrt(np.maximum(radius * radius - distance2, 0))
    skin = za + part * (outlines.zb[number] - za) - bulge * (za / np.float32(outlines.focal))
    return radius - np.sqrt(distance2), skin


def _look_at_disc(outlines: Outlines, disc: int, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    inverse, depth = outlines.inverse[disc], outlines.depth[disc]
    dx, dy = x - outlines.centre[disc, 0], y - outlines.centre[disc, 1]
    one, other = inverse[0, 0] * dx + inverse[0, 1] * dy, inverse[1, 0] * dx + inverse[1, 1] * dy
    radius = np.sqrt(one * one + other * other)
    slope = np.hypot(inverse[0, 0] * one + inverse[1, 0] * other, inverse[0, 1] * one + inverse[1, 1] * other)
    inside = (1 - radius) * radius / np.maximum(slope, 1e-6)
    return np.where(radius < 0.05, 1 / np.abs(inverse).max(), inside), depth[0] + depth[1] * one + depth[2] * other


@dataclass(frozen=True, eq=False)
class Traced:
    """What a window of the image sees of one animal; arrays [h, w].

    `rows` and `columns` are the window's slices, `inside` f32 how far inside the outline (px; very negative far
    outside), `depth` f32 that of the skin (mm), `number` i16 which solid is seen.
    """

    rows: slice
    columns: slice
    inside: np.ndarray
    depth: np.ndarray
    number: np.ndarray


def trace(outlines: Outlines, size: tuple[int, int]) -> Traced | None:
    """Trace an animal in an image of `size` (width, height); None where nothing of it is in the image."""
    low = np.clip(np.floor(outlines.boxes[:, 0] - MARGIN), 0, size).astype(int)
    high = np.clip(np.ceil(outlines.boxes[:, 1] + MARGIN), 0, size).astype(int)
    seen = (low < high).all(axis=1)
    if not seen.any():
        return None
    (left, top), (right, bottom) = low[seen].min(axis=0), high[seen].max(axis=0)
    shape = (bottom - top, right - left)
    inside = np.full(shape, -_OUTSIDE, np.float32)
    rank, depth = np.full(shape, 2 * _OUTSIDE, np.float32), np.full(shape, UNSEEN, np.float32)
    which = np.zeros(shape, np.int16)
    xs, ys = np.arange(left, right, dtype=np.float32) + 0.5, np.arange(top, bottom, dtype=np.float32)[:, None] + 0.5
    seen[: outlines.cones] &= ~_within_others(outlines)
    few = (high - low).prod(axis=1) < _FEW
    few[outlines.cones :] = False
    for number in np.flatnonzero(seen & ~few):
        window = (
            slice(low[number, 1] - top, high[number, 1] - top),
            slice(low[number, 0] - left, high[number, 0] - left),
        )
        within, skin = look(outlines, int(number), xs[window[1]], ys[window[0]])
        order = np.where(within >= 0, skin, _OUTSIDE - 1e3 * within)
        nearer = order < rank[window]
        np.copyto(rank[window], order, where=nearer)
        np.copyto(depth[window], skin, where=nearer)
        which[window][nearer] = number
        np.maximum(inside[window], within, out=inside[window])
    number, row, column = _pixels(np.flatnonzero(seen & few), low, high)
    x, y = (places.astype(np.float32) + np.float32(0.5) for places in (column, row))
    within, skin = look(outlines, number, x, y)
    order = np.where(within >= 0, skin, _OUTSIDE - 1e3 * within)
    pixel = (row - top) * shape[1] + (column - left)
    np.maximum.at(inside.ravel(), pixel, within)
    np.minimum.at(rank.ravel(), pixel, order)
    nearest = np.flatnonzero(order == rank.ravel()[pixel])
    depth.ravel()[pixel[nearest]], which.ravel()[pixel[nearest]] = skin[nearest], number[nearest]
    return Traced(slice(top, bottom), slice(left, right), inside, depth, which)


def _pixels(numbers: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """List the pixels of the windows from `low` to `high` i64[solid, 2] of solids: number, row and column of each."""
    wide, tall = (high - low)[numbers].T
    count = wide * tall
    each = np.repeat(np.arange(len(numbers)), count)
    row, column = np.divmod(np.arange(len(each)) - (np.cumsum(count) - count)[each], wide[each])
    return numbers[each], row + low[numbers, 1][each], column + low[numbers, 0][each]


def _within_others(outlines: Outlines) -> np.ndarray:
    """Find the cones bool[cone] both of whose balls lie within and behind the skin of one thicker cone: unseen."""
    cones = np.arange(outlines.cones)
    thick = np.maximum(outlines.ra, outlines.rb)
    covered = np.ones((len(cones), len(cones)), bool)
    for end, radius, depth in ((outlines.a, outlines.ra, outlines.za), (outlines.b, outlines.rb, outlines.zb)):
        within, skin = look(outlines, cones[:, None], end[:, 0], end[:, 1])
        covered &= (within > radius) & (skin < depth - radius * depth / np.float32(outlines.focal))
    return (covered & (thick[:, None] > thick)).any(axis=0)


def _skin_depth(outlines: Outlines, positions: np.ndarray) -> np.ndarray:
    """Compute the depth f32[position] (mm) of what is seen of an animal at `positions` f64[position, 2] px."""
    x, y = positions.astype(np.float32).T
    discs = [look(outlines, outlines.cones + disc, x, y) for disc in range(len(outlines.centre))]
    cones = look(outlines, np.arange(outlines.cones)[:, None], x, y)
    within, skin = (np.vstack(parts) for parts in zip(cones, *discs, strict=True))
    return np.where(within > 0, skin, UNSEEN).min(axis=0, initial=UNSEEN)


def hidden(outlines: list[Outlines], position: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Find the keypoints bool[animal, keypoint] before which another animal lies, or another part of their own.

    Args:
        outlines: those of all animals.
        position: f64[animal, keypoint, 2], px.
        depth: f64[animal, keypoint], mm.

    Returns:
        Whether each is hidden.
    """
    covered = np.zeros(depth.shape, bool)
    for animal, outline in enumerate(outlines):
        skin = _skin_depth(outline, position.reshape(-1, 2)).reshape(depth.shape)
        own = np.arange(len(outlines))[:, None] == animal
        covered |= skin + np.where(own, SKIN_TOLERANCE, 0) < depth
    return covered
