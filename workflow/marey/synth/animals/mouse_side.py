"""Mice from the side."""

import numpy as np

from marey.synth import painting, side_mice, side_places
from marey.synth.places import Place
from marey.synth.stage import Stage
from marey.synth.tracing import Outlines

SPECIES = "mouse"
KEYPOINTS = side_mice.KEYPOINTS
NUMBER_ODDS = (0.8, 0.16, 0.04)  # of one animal, two, three


def draw_place(chance: np.random.Generator, size: tuple[int, int]) -> Place:
    """Draw an empty place seen from the side; `size` is (width, height), px."""
    return side_places.draw_side_place(chance, size)


def draw_animals(chance: np.random.Generator, place: Place, number: int) -> list[painting.Mouse]:
    """Draw `number` mice in a place, where the camera sees them."""
    return side_mice.random_side_mice(chance, place, number)


def paint(stage: Stage, animals: list[painting.Mouse]) -> list[Outlines]:
    """Paint mice into a stage, and return their outlines in their order."""
    return painting.paint_mice(stage, animals)
