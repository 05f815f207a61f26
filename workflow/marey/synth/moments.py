"""What an animal does while the shutter is open: the figures that one image shows, each with its share of the light."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from marey.synth.groups import changed
from marey.synth.mouse import KEYPOINTS, TAIL_CONES, Figure
from marey.synth.tracing import Solids

SWEEP_STEPS = 7  # figures that a moving tail is painted as
COMB = "comb"  # in place of shares: the even rows of the image show the first figure, the odd ones the second
_TAIL_BASE = list(KEYPOINTS).index("tail_base")


@dataclass(frozen=True, eq=False)
class Moments:
    """Figures of one animal, or of a part of it, that are seen together; the first is where its keypoints are.

    `shares` are those of the light, together 1, or COMB.
    """

    figures: tuple[Figure, ...]
    shares: tuple[float, ...] | str


Shutter = Callable[[np.random.Generator, Figure, tuple[float, float]], tuple[Moments, ...]]


def part(figure: Figure, cones: np.ndarray, discs: bool) -> Figure:
    """Return only some `cones` bool[cone] of a figure, with or without its discs."""
    solids = figure.solids
    chosen = Solids(solids.ends[cones], solids.radii[cones], solids.discs if discs else solids.discs[:0])
    cover = figure.cover[np.append(cones, np.full(len(solids.discs), discs))]
    return replace(figure, solids=chosen, cover=cover, along=figure.along[cones])


def swung(figure: Figure, angle: float, curl: float, arena: tuple[float, float]) -> Figure:
    """Return the figure with its tail swung by `angle` (rad) about its base and bent by `curl` more towards its tip."""
    ends = figure.solids.ends.copy()
    links = ends[TAIL_CONES, 1] - ends[TAIL_CONES, 0]
    turn = angle + curl * np.linspace(0, 1, len(links)) ** 1.5
    turned = links.copy()
    turned[:, 0] = np.cos(turn) * links[:, 0] - np.sin(turn) * links[:, 1]
    turned[:, 1] = np.sin(turn) * links[:, 0] + np.cos(turn) * links[:, 1]
    nodes = ends[TAIL_CONES.start, 0] + np.concatenate([np.zeros((1, 3)), np.cumsum(turned, axis=0)])
    half = np.array(arena) / 2 - 1
    nodes[:, :2] = np.clip(nodes[:, :2], -half, half)
    ends[TAIL_CONES] = np.stack([nodes[:-1], nodes[1:]], axis=1)
    return replace(figure, solids=replace(figure.solids, ends=ends))


def carried(figure: Figure, step: np.ndarray, turn: float) -> Figure:
    """Return the figure turned by `turn` (rad) about the base of its tail and moved by `step` f64[2], mm."""
    pivot = figure.keypoints[_TAIL_BASE, :2]
    turning = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])

    def change(points: np.ndarray) -> np.ndarray:
        return np.concatenate([(points[..., :2] - pivot) @ turning + pivot + step, points[..., 2:]], axis=-1)

    return changed(figure, change)


def _still(chance: np.random.Generator, figure: Figure, arena: tuple[float, float]) -> tuple[Moments, ...]:
    return (Moments((figure,), (1.0,)),)


def _with_tails(figure: Figure, tails: list[Figure], shares: np.ndarray) -> tuple[Moments, ...]:
    """Return the moments of a quiet trunk and of a tail that is in several places."""
    is_tail = np.zeros(len(figure.solids.ends), bool)
    is_tail[TAIL_CONES] = True
    quiet = Moments((part(figure, ~is_tail, True),), (1.0,))
    return quiet, Moments(tuple(part(tail, is_tail, False) for tail in tails), tuple(shares))


def sweeping(chance: np.random.Generator, figure: Figure, arena: tuple[float, float]) -> tuple[Moments, ...]:
    """Blur the tail along its way; it is where the middle of the blur is."""
    angle, curl = chance.normal(0, 0.12), chance.normal(0, 0.5)
    times = np.linspace(-1, 1, SWEEP_STEPS)
    tails = [swung(figure, angle * time, curl * time, arena) for time in times]
    dwell = chance.uniform(0, 1.5)  # longer at the ends, as what swings to and fro
    shares = 1 + dwell * times**2
    return _with_tails(figure, tails, shares / shares.sum())


def flicking(chance: np.random.Generator, figure: Figure, arena: tuple[float, float]) -> tuple[Moments, ...]:
    """Show the tail in two or three places, half transparent: pulsed lamps, or frames that were merged."""
    shares = np.sort(chance.dirichlet(np.full(2 + (chance.random() < 0.3), 5.0)))[::-1]
    others = [swung(figure, chance.normal(0, 0.2), chance.normal(0, 0.5), arena) for _ in shares[1:]]
    return _with_tails(figure, [figure, *others], shares)


def doubled(chance: np.random.Generator, figure: Figure, arena: tuple[float, float]) -> tuple[Moments, ...]:
    """Show the whole animal in two or three places, mostly at the first."""
    main = chance.uniform(0.5, 0.8)
    rest = np.sort(chance.dirichlet(np.full(1 + (chance.random() < 0.2), 5.0)))[::-1]
    return (Moments((figure, *_later(chance, figure, arena, len(rest))), (main, *(1 - main) * rest)),)


def combed(chance: np.random.Generator, figure: Figure, arena: tuple[float, float]) -> tuple[Moments, ...]:
    """Show the animal of two moments in alternating rows: video that was interlaced."""
    return (Moments((figure, *_later(chance, figure, arena, 1)), COMB),)


def _later(chance: np.random.Generator, figure: Figure, arena: tuple[float, float], count: int) -> list[Figure]:
    """Draw where an animal is a little later, `count` times, further and further."""
    step, turn = chance.normal(0, 3.0, 2), chance.normal(0, 0.05)
    angle, curl = chance.normal(0, 0.12), chance.normal(0, 0.4)
    times = range(1, count + 1)
    return [carried(swung(figure, angle * k, curl * k, arena), step * k, turn * k) for k in times]


# How often each is drawn; the numbers are relative.
SHUTTERS: dict[Shutter, float] = {_still: 9, sweeping: 2, flicking: 1.5, doubled: 2.5, combed: 0.4}


def random_shutter(chance: np.random.Generator) -> Shutter:
    """Draw what happens to all animals of an image while its shutter is open."""
    odds = np.array(list(SHUTTERS.values()))
    return list(SHUTTERS)[chance.choice(len(odds), p=odds / odds.sum())]
