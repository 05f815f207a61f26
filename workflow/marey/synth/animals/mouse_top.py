"""Mice from above."""

import numpy as np

from marey.synth import mice, mouse, painting, places
from marey.synth.places import Place
from marey.synth.stage import Stage
from marey.synth.tracing import Outlines

SPECIES = "mouse"
KEYPOINTS = mouse.KEYPOINTS
NUMBER_ODDS = (0.5, 0.25, 0.15, 0.1)  # of one animal, two, three, four


def draw_place(chance: np.random.Generator, size: tuple[int, int]) -> Place:
    """Draw an empty place seen from above; `size` is (width, height), px."""
    return places.draw_place(chance, size)


def draw_animals(chance: np.random.Generator, place: Place, number: int) -> list[painting.Mouse]:
    """Draw `number` mice in a place, where the camera sees them."""
    return mice.random_mice(chance, place.camera, place.arena, number)


def paint(stage: Stage, animals: list[painting.Mouse]) -> list[Outlines]:
    """Paint mice into a stage, and return their outlines in their order."""
    return painting.paint_mice(stage, animals)
