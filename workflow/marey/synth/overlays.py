"""Overlays: what hangs between the camera and the animals: cables, hands, bars, reflections, borders of the image."""

import numpy as np

from marey.synth import stencils

OVERLAYS = ("cable", "hand", "bars", "reflection", "border", "stamp")
ODDS = (0.09, 0.05, 0.03, 0.06, 0.05, 0.05)


def draw_over(chance: np.random.Generator, size: tuple[int, int], odds: tuple[float, ...] = ODDS) -> np.ndarray | None:
    """Draw what is in front of everything, f32[height, width, 4] (colour times cover, cover); None: nothing.

    `size` is (width, height), px; `odds` are those of each of OVERLAYS.
    """
    chosen = [name for name, likely in zip(OVERLAYS, odds, strict=True) if chance.random() < likely]
    if not chosen:
        return None
    over = np.zeros((size[1], size[0], 4), np.float32)
    for name in chosen:
        cover, colour = _LAYERS[name](chance, size)
        over *= 1 - cover[..., None]
        over += cover[..., None] * np.append(np.clip(colour, 0, 1), 1).astype(np.float32)
    return over


def _edge(chance: np.random.Generator, size: tuple[int, int]) -> tuple[np.ndarray, float]:
    """Draw a place on the image's border and the heading from it towards somewhere in the middle."""
    angle = chance.uniform(0, 2 * np.pi)
    start = np.array(size) / 2 * (1 + 1.5 * np.array([np.cos(angle), np.sin(angle)]))
    aim = chance.uniform(0.25, 0.75, 2) * size - start
    start = start.clip(0, size)
    return start, float(np.arctan2(aim[1], aim[0]))


def _cable(chance, size):
    start, heading = _edge(chance, size)
    curve = stencils.wander(chance, start, heading, size[0] * chance.uniform(0.3, 1.1), chance.uniform(0, 4))
    cover = stencils.stroke(size, [curve], size[0] * chance.uniform(0.004, 0.02), soft=chance.uniform(0, 3))
    return cover, chance.uniform(0.02, 0.9) * (1 + chance.normal(0, 0.1, 3))


def _hand(chance, size):
    """An arm from the border, with fingers, bare or gloved."""
    start, heading = _edge(chance, size)
    wide, along = size[0] * chance.uniform(0.05, 0.12), np.array([np.cos(heading), np.sin(heading)])
    wrist = start + along * size[0] * chance.uniform(0.1, 0.45)
    parts = [stencils.ellipse((start + wrist) / 2, (np.linalg.norm(wrist - start) / 2 + wide, wide * 0.75), heading)]
    parts.append(stencils.ellipse(wrist + along * wide, (wide * 1.3, wide), heading))
    for finger in (-0.7, -0.25, 0.2, 0.6):
        way = heading + finger * chance.uniform(0.5, 1)
        middle = wrist + wide * 2.4 * np.array([np.cos(way), np.sin(way)])
        parts.append(stencils.ellipse(middle, (wide * chance.uniform(0.7, 1.2), wide * 0.22), way))
    skins = ([0.75, 0.55, 0.45], [0.35, 0.22, 0.16], [0.25, 0.4, 0.7], [0.9, 0.9, 0.88], [0.08, 0.08, 0.09])
    return stencils.fill(size, parts, soft=chance.uniform(0.5, 3)), np.array(skins[chance.integers(5)])


def _bars(chance, size):
    """The wires of a lid."""
    step, heading = size[0] * chance.uniform(0.05, 0.15), chance.choice([0, np.pi / 2]) + chance.normal(0, 0.1)
    along = np.array([np.cos(heading), np.sin(heading)])
    offsets = np.arange(-np.hypot(*size), np.hypot(*size), step)[:, None] * along[::-1] * [-1, 1]
    middle, reach = np.array(size) / 2, along * np.hypot(*size)
    wires = [np.stack([middle + offset - reach, middle + offset + reach]) for offset in offsets]
    cover = stencils.stroke(size, wires, size[0] * chance.uniform(0.003, 0.009), soft=chance.uniform(0.3, 2))
    return cover * np.float32(chance.uniform(0.5, 1)), chance.uniform(0.05, 0.9) * np.ones(3)


def _reflection(chance, size):
    spots = []
    for _ in range(1 + chance.poisson(1)):
        half = (size[0] * chance.uniform(0.03, 0.3), size[0] * chance.uniform(0.02, 0.12))
        shape = stencils.ellipse if chance.random() < 0.5 else stencils.rectangle
        spots.append(shape(chance.uniform(0, 1, 2) * size, half, chance.uniform(0, np.pi)))
    cover = stencils.fill(size, spots, soft=chance.uniform(1, 12)) * np.float32(chance.uniform(0.05, 0.4))
    return cover, np.full(3, chance.uniform(0.6, 1.0))


def _border(chance, size):
    """Bars beside the image, or a round field of view."""
    cover = np.ones((size[1], size[0]), np.float32)
    if chance.random() < 0.25:
        radius = chance.uniform(0.42, 0.6) * size[0]
        cover -= stencils.fill(size, [stencils.ellipse(np.array(size) / 2, (radius, radius), 0, 64)])
    else:
        across = chance.random() < 0.5
        gap = int(size[not across] * chance.uniform(0.02, 0.12))
        cover[(slice(None), slice(gap, -gap or None)) if not across else slice(gap, -gap or None)] = 0
    return cover, np.full(3, chance.choice([0.0, 0.0, 1.0]))


def _stamp(chance, size):
    """A date, a time, or a number of a frame, burnt into the image."""
    digits = chance.integers(0, 10, 14)
    text = "{}{}:{}{}:{}{}.{}{}".format(*digits) if chance.random() < 0.6 else "".join(map(str, digits[:6]))
    height = size[1] * chance.uniform(0.035, 0.07)
    corner = (size[0] * chance.choice([0.02, 0.65]), chance.choice([0.01 * size[1], 0.97 * size[1] - 1.3 * height]))
    return stencils.write(size, text, corner, height), np.full(3, chance.choice([0.0, 1.0, 1.0]))


_LAYERS = {
    "cable": _cable,
    "hand": _hand,
    "bars": _bars,
    "reflection": _reflection,
    "border": _border,
    "stamp": _stamp,
}
