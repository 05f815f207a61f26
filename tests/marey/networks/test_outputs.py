"""The layout of several animals, from labels and config, there and back."""

import numpy as np

from marey.experiment.skeletons import Skeleton
from marey.networks import outputs
from marey.training import design

SKELETON = Skeleton(("nose", "tail", "door"), ((0, 1),))


def test_the_plan_counts_animals_but_no_objects():
    points = np.full((3, 4, 3, 2), np.nan, np.float32)
    points[0, :2, :2] = points[1, 0, :2] = 1
    points[0, 3, 2] = 5  # the door
    config = {"method": "bottom_up", "unique": ["door"], "identities": []}
    layout = design.choose_layout(points, SKELETON, config)
    assert layout == outputs.Layout(False, ((0, 1),), (2,), 2, descriptor=design.DESCRIPTOR_FEATURES)
    assert layout.outputs == {"edges": 1, "identities": 0, "descriptor": design.DESCRIPTOR_FEATURES}
    assert layout.candidates > 2
    metadata = {"keypoints": list(SKELETON.keypoints), "animals": layout.metadata(SKELETON.keypoints)}
    assert outputs.Layout.from_metadata(metadata) == layout
    known = design.choose_layout(points, SKELETON, {**config, "identities": ["red", "blue"]})
    assert (known.identities, known.descriptor, known.appearance) == (("red", "blue"), 0, "identity")
    metadata["animals"] = known.metadata(SKELETON.keypoints)
    assert outputs.Layout.from_metadata(metadata) == known


def test_top_down_animals_are_counted_and_have_no_edges():
    points = np.ones((2, 3, 3, 2), np.float32)
    layout = design.choose_layout(points, SKELETON, {"method": "top_down", "unique": []})
    assert layout == outputs.Layout(False, most=3)


def test_a_single_animal_needs_no_edges():
    layout = design.choose_layout(np.ones((1, 1, 3, 2)), SKELETON, {"method": "single", "unique": []})
    assert layout == outputs.SINGLE
    assert layout.candidates == 1
