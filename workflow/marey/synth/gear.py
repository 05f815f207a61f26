"""What mice carry in laboratories: implants and cables on the head, tags in the ears."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from marey.synth.mouse import HARD, Figure
from marey.synth.tracing import Solids

KINDS = {"nothing": 14, "fibre": 1, "head stage": 1, "miniscope": 1, "tether": 1.5, "ear tag": 1.5}
CEMENTS = ((0.85, 0.82, 0.78), (0.72, 0.45, 0.45), (0.15, 0.15, 0.16), (0.55, 0.55, 0.57))
CABLE_LINKS = 10


@dataclass(frozen=True, eq=False)
class Gear:
    """Rounded cones in the axes of the head (forwards, left, up; mm at size 1), each of a colour.

    `ends` f64[cone, 2, 3], `radii` f64[cone, 2], `colours` f64[cone, 3]; `kind` is one of KINDS.
    """

    kind: str
    ends: np.ndarray
    radii: np.ndarray
    colours: np.ndarray


NOTHING = Gear("nothing", np.zeros((0, 2, 3)), np.zeros((0, 2)), np.zeros((0, 3)))


def random_gear(chance: np.random.Generator, *, kind: str | None = None) -> Gear:
    """Draw what an animal carries; `kind` is one of KINDS where it is not to be drawn."""
    odds = np.array(list(KINDS.values()), float)
    kind = kind or list(KINDS)[chance.choice(len(odds), p=odds / odds.sum())]
    cones: list[tuple] = []  # start, stop, radii, colour
    cement = np.array(CEMENTS[chance.integers(len(CEMENTS))]) * chance.uniform(0.8, 1.1)
    grey = np.full(3, chance.choice([0.06, 0.25, 0.7])) * chance.uniform(0.8, 1.2, 3)
    if kind not in ("nothing", "ear tag"):
        cones.append(((-1, 0, -1), (2, 0, 0), (chance.uniform(3, 5.5), chance.uniform(2.5, 4.5)), cement))
    if kind == "fibre":
        side, lean = chance.choice([-3, 0, 3]), chance.normal(0, 2, 2)
        cones.append(((0, side, 1), (lean[0], side + lean[1], chance.uniform(8, 16)), (1.3, 1.3), np.full(3, 0.85)))
    if kind in ("head stage", "miniscope", "tether"):
        height = chance.uniform(5, 9) if kind != "miniscope" else chance.uniform(14, 24)
        width = chance.uniform(2.5, 5.0) if kind != "miniscope" else chance.uniform(4.5, 7.0)
        cones.append(((-width / 3, 0, 2), (width / 3, 0, height), (width, width), grey))
    if kind == "tether" or (kind in ("fibre", "miniscope") and chance.random() < 0.6):
        cones += _cable(chance, cones[-1][1])
    if kind == "ear tag":
        side = chance.choice([-1, 1])
        place = np.array([-1.0, side * 13.0, 1.5])
        tip = place + np.array([1.5, 0, 0])
        cones.append((place, tip, (1.3, 1.3), np.full(3, chance.uniform(0.5, 0.95))))
    if not cones:
        return NOTHING
    starts, stops, radii, colours = zip(*cones, strict=True)
    ends = np.stack([np.array(starts, float), np.array(stops, float)], axis=1)
    return Gear(kind, ends, np.array(radii, float), np.array(colours, float))


def _cable(chance: np.random.Generator, start: tuple) -> list[tuple]:
    """Draw a cable that leaves the head upwards and leans away, as cones."""
    colour = np.array([(0.05, 0.05, 0.05), (0.85, 0.85, 0.83), (0.75, 0.5, 0.1), (0.1, 0.2, 0.5)][chance.integers(4)])
    width = chance.uniform(0.5, 1.6)
    angle, lean = chance.uniform(-np.pi, np.pi), chance.uniform(0.1, 1.2)
    turn = chance.normal(0, 0.25)
    points = [np.array(start, float)]
    for _ in range(CABLE_LINKS):
        angle += turn
        points.append(points[-1] + 16 * np.array([np.cos(angle) * lean, np.sin(angle) * lean, 1]))
    return [(one, other, (width, width), colour) for one, other in pairwise(points)]


def put_on(figure: Figure, gear: Gear, size: float) -> Figure:
    """Return the figure of an animal of this size with the gear on its head."""
    origin, axes = figure.head[0], figure.head[1:]
    number = len(gear.ends)
    solids = figure.solids
    return replace(
        figure,
        solids=Solids(
            np.concatenate([solids.ends, origin + gear.ends * size @ axes]),
            np.concatenate([solids.radii, gear.radii * size]).astype(np.float32),
            solids.discs,
        ),
        # discs come behind all cones
        cover=np.insert(figure.cover, len(solids.ends), HARD + np.arange(number)).astype(np.int8),
        along=np.concatenate([figure.along, np.zeros((number, 2))]).astype(np.float32),
    )
