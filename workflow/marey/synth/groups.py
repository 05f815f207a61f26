"""Groups of mice: where animals stand, how they meet, and how one lies over another."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from marey.synth.mouse import KEYPOINTS, Figure
from marey.synth.tracing import Solids

# How an animal meets one that is there already, and how often.
MEETINGS = {
    "apart": 3,
    "nose to tail": 2,
    "nose to nose": 1.5,
    "nose to flank": 1,
    "side by side": 1.5,
    "over": 1.5,
    "huddle": 1.5,
}
MAX_LIFT = 30.0  # mm
_SNOUT, _LEFT_HIP, _TAIL_BASE, _CENTRE = (
    list(KEYPOINTS).index(name) for name in ("snout", "left_hip", "tail_base", "body_centre")
)


def random_meeting(chance: np.random.Generator) -> str:
    """Draw how an animal meets another."""
    odds = np.array(list(MEETINGS.values()))
    return list(MEETINGS)[chance.choice(len(odds), p=odds / odds.sum())]


def meeting_heading(chance: np.random.Generator, meeting: str, other: Figure) -> float:
    """Draw the heading (rad) of an animal that meets another."""
    way = other.keypoints[_CENTRE] - other.keypoints[_TAIL_BASE]
    heading = np.arctan2(way[1], way[0])
    if meeting == "nose to nose":
        return heading + np.pi + chance.normal(0, 0.6)
    if meeting == "nose to tail":
        return heading + chance.normal(0, 0.9)
    if meeting == "side by side":
        return heading + chance.choice([0, np.pi]) + chance.normal(0, 0.2)
    return chance.uniform(-np.pi, np.pi)


def meeting_offset(chance: np.random.Generator, meeting: str, figure: Figure, other: Figure) -> np.ndarray:
    """Compute by which offset f64[3] (mm) a figure has to move to meet another as `meeting` says."""
    touch = chance.normal(0, 3, 3) * [1, 1, 0]
    ends = {"nose to nose": _SNOUT, "nose to tail": _TAIL_BASE, "nose to flank": _LEFT_HIP + chance.integers(2)}
    if meeting in ends:
        way = figure.keypoints[_SNOUT] - figure.keypoints[_CENTRE]
        gap = chance.uniform(-4, 5) * way / max(np.hypot(*way[:2]), 1e-6)
        offset = other.keypoints[ends[meeting]] - figure.keypoints[_SNOUT] - gap
    else:
        middle = other.trunk[8:].mean(axis=0) - figure.trunk[8:].mean(axis=0)
        wide = figure.radii.max() + other.radii.max()
        forward = figure.keypoints[_CENTRE] - figure.keypoints[_TAIL_BASE]
        angle = np.arctan2(forward[1], forward[0]) + chance.choice([-1, 1]) * np.pi / 2
        far = {"side by side": (0.8, 1.05), "huddle": (0.55, 1.1), "over": (0.0, 0.7)}[meeting]
        if meeting != "side by side":
            angle = chance.uniform(-np.pi, np.pi)
        away = np.array([np.cos(angle), np.sin(angle), 0])
        slide = chance.normal(0, 15) * np.array([-np.sin(angle), np.cos(angle), 0])
        offset = middle + away * wide * chance.uniform(*far) + slide * (meeting == "side by side")
    return (offset + touch) * [1, 1, 0]


def moved(figure: Figure, offset: np.ndarray) -> Figure:
    """Return the figure moved by `offset` f64[3], mm."""
    return changed(figure, lambda points: points + offset)


def changed(figure: Figure, change: Callable[[np.ndarray], np.ndarray]) -> Figure:
    """Return the figure with every point f64[..., 3] where `change` puts it; discs keep their axes."""
    solids = figure.solids
    discs = solids.discs.copy()
    discs[:, 0] = change(discs[:, 0])
    return replace(
        figure,
        solids=Solids(change(solids.ends), solids.radii, discs),
        keypoints=change(figure.keypoints),
        trunk=change(figure.trunk),
        head=np.concatenate([change(figure.head[:1]), figure.head[1:]]),
    )


def into_arena(figure: Figure, arena: tuple[float, float]) -> Figure:
    """Return the figure moved as little as puts its trunk into the arena, (X, Y) mm; its tail bends along walls."""
    half = np.array(arena) / 2
    wide = figure.radii[:, None] * 0.9
    low = (figure.trunk[:, :2] - wide).min(axis=0) + half
    high = (figure.trunk[:, :2] + wide).max(axis=0) - half
    offset = np.append(np.where(low < 0, -low, np.where(high > 0, -high, 0)), 0)

    def change(points: np.ndarray) -> np.ndarray:
        there = points + offset
        there[..., :2] = np.clip(there[..., :2], -half + 1, half - 1)
        return there

    return changed(figure, change)


def to_wall(chance: np.random.Generator, figure: Figure, arena: tuple[float, float]) -> np.ndarray:
    """Draw an offset f64[3], mm, that puts a figure to one of the walls, or beyond: `into_arena` brings it back."""
    axis, way = chance.integers(2), chance.choice([-1, 1])
    offset = np.zeros(3)
    edge = (way * figure.trunk[:, axis] + figure.radii).max()
    offset[axis] = way * (arena[axis] / 2 - edge - chance.exponential(4))
    return offset


def drape(figure: Figure, lower: list[Figure]) -> Figure:
    """Return the figure as it lies on those that are under it; what is at its trunk is lifted as the trunk is."""
    if not lower:
        return figure
    balls = np.concatenate([below.trunk for below in lower])
    radii = np.concatenate([below.radii for below in lower])

    def lift(points: np.ndarray) -> np.ndarray:
        distance2 = ((points[..., None, :2] - balls[:, :2]) ** 2).sum(axis=-1)
        lifts = (np.exp(-distance2 / (1.3 * radii) ** 2) * 0.8 * (balls[:, 2] + radii)).max(axis=-1)
        return np.minimum(lifts, MAX_LIFT)

    trunk = lift(figure.trunk)

    def change(points: np.ndarray) -> np.ndarray:
        distance = np.linalg.norm(points[..., None, :] - figure.trunk, axis=-1) - figure.radii
        nearest = distance.argmin(axis=-1)
        height = np.where(distance.min(axis=-1) < 1, trunk[nearest], lift(points))
        return points + height[..., None] * [0, 0, 1]

    return changed(figure, change)
