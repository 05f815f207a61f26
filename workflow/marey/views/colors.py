"""Colours: of keypoints and individuals, the same in every figure and clip, and of good, doubtful and bad."""

import re
from collections.abc import Collection

import numpy as np

from marey.tables.tracks import UNIQUE

INK, MUTED, PALE = "#222222", "#6b6b6b", "#d9d9d9"
GOOD, WARN, BAD = "#0072b2", "#e69f00", "#d55e00"  # told apart by colour-blind eyes, and by their words beside

# Safe for colour-blind eyes: Okabe & Ito (2008) without black and yellow, then Paul Tol's "muted" (2021).
_FEW = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_SOME = ("#332288", "#cc6677", "#44aa99", "#ddcc77", "#88ccee", "#882255", "#117733", "#aa4499", "#999933")
# Of individuals: the same with more contrast at the front, and dark ones at the end, told apart by lightness.
_INDIVIDUALS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#ddcc77",
    "#332288",
    "#661100",
    "#004d40",
)


def keypoint_colors(count: int) -> list[str]:
    """Return a colour "#rrggbb" for each of `count` keypoints, the same in every figure and clip of an experiment.

    Up to nine are told apart by colour-blind eyes; more are steps of the colour map plasma, which keep an order.
    """
    for palette in (_FEW, _SOME):
        if count <= len(palette):
            return list(palette[:count])
    import matplotlib as mpl  # clips of few keypoints do without

    return [mpl.colors.to_hex(color) for color in mpl.colormaps["plasma"](np.linspace(0, 0.92, count))]


def individual_colors(names: Collection[str]) -> dict[str, str]:
    """Return a colour "#rrggbb" for each individual, in natural order of names (animal2 before animal10).

    `names`: all individuals of a video, in any order, so that each has the same colour in every figure and clip. Ten
    are told apart by colour-blind eyes; after that colours repeat. Objects (`unique`) come last and are grey.
    """
    animals = sorted(set(names) - {UNIQUE}, key=natural_key)
    colors = {name: _INDIVIDUALS[index % len(_INDIVIDUALS)] for index, name in enumerate(animals)}
    return colors | ({UNIQUE: "#999999"} if UNIQUE in names else {})


def natural_key(name: str) -> list[tuple[int, str]]:
    """Return a key to sort names by, in which numbers count as numbers."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name) if part]
