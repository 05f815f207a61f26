"""Fruit flies from above."""

import numpy as np

from marey.synth import flies, fly, fly_painting, fly_places
from marey.synth.places import Place
from marey.synth.stage import Stage
from marey.synth.tracing import Outlines

SPECIES = "fly"
KEYPOINTS = fly.KEYPOINTS
NUMBER_ODDS = (0.4, 0.35, 0.15, 0.1)  # of one animal, two, three, four


def draw_place(chance: np.random.Generator, size: tuple[int, int]) -> Place:
    """Draw an empty arena of flies seen from above; `size` is (width, height), px."""
    return fly_places.draw_fly_place(chance, size)


def draw_animals(chance: np.random.Generator, place: Place, number: int) -> list[fly_painting.Fly]:
    """Draw `number` flies in a place, where the camera sees them."""
    return flies.random_flies(chance, place, number)


def paint(stage: Stage, animals: list[fly_painting.Fly]) -> list[Outlines]:
    """Paint flies into a stage, and return their outlines in their order; wings hide nothing."""
    return fly_painting.paint_flies(stage, animals)
