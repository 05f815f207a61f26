"""The layout that labelled animals and the config choose."""

import numpy as np

from marey.experiment.skeletons import Skeleton
from marey.networks import outputs
from marey.training import design

SKELETON = Skeleton(("nose", "tail", "door"), ((0, 1),))


def test_the_layout_counts_animals_but_no_objects():
    points = np.full((3, 4, 3, 2), np.nan, np.float32)
    points[0, :2, :2] = points[1, 0, :2] = 1
    points[0, 3, 2] = 5  # the door
    config = {"method": "bottom_up", "unique": ["door"], "identities": []}
    layout = design.choose_layout(points, SKELETON, config)
    assert design.count_animals(points[:, :3]) == 3
    assert layout == outputs.Layout(False, ((0, 1),), (2,), 2, descriptor=design.DESCRIPTOR_FEATURES)
    known = design.choose_layout(points, SKELETON, {**config, "identities": ["red", "blue"]})
    assert known == outputs.Layout(False, ((0, 1),), (2,), 2, identities=("red", "blue"))


def test_top_down_animals_are_counted_and_have_no_edges():
    points = np.ones((2, 3, 3, 2), np.float32)
    layout = design.choose_layout(points, SKELETON, {"method": "top_down", "unique": []})
    assert layout == outputs.Layout(False, most=3)


def test_a_single_animal_needs_no_edges():
    assert design.choose_layout(np.ones((1, 1, 3, 2)), SKELETON, {"method": "single", "unique": []}) == outputs.SINGLE
