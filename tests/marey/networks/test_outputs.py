"""The layout of several animals, by hand; as metadata, there and back."""

import pytest

from marey.networks import outputs

KEYPOINTS = ("nose", "tail", "door")
SEVERAL = outputs.Layout(False, ((0, 1),), (2,), 2, descriptor=16)
KNOWN = outputs.Layout(False, ((0, 1),), (2,), 2, identities=("red", "blue"))

ANCHORED = outputs.Layout(False, most=3, side=64, anchor=(1, 0, 2))


@pytest.mark.parametrize("layout", [SEVERAL, KNOWN, outputs.Layout(False, most=3, side=64), ANCHORED, outputs.SINGLE])
def test_layouts_come_back_from_metadata_which_name_keypoints(layout):
    metadata = {"keypoints": list(KEYPOINTS), "animals": layout.metadata(KEYPOINTS)}
    assert outputs.Layout.from_metadata(metadata) == layout
    assert metadata["animals"]["edges"] == [["nose", "tail"]] * len(layout.edges)


def test_what_squares_are_about_is_said_by_name():
    assert ANCHORED.metadata(KEYPOINTS)["anchor"] == ["tail", "nose", "door"]
    assert outputs.anchor_name(KEYPOINTS, ANCHORED.anchor) == "tail"
    assert outputs.anchor_name(KEYPOINTS, ()) == "centre"


def test_models_of_before_look_about_the_middles_of_boxes():
    block = outputs.Layout(False, most=3, side=64).metadata(KEYPOINTS)
    del block["anchor"]
    assert outputs.Layout.from_metadata({"keypoints": list(KEYPOINTS), "animals": block}).anchor == ()


def test_what_the_network_puts_out_is_counted():
    assert SEVERAL.outputs == {"edges": 1, "identities": 0, "descriptor": 16}
    assert KNOWN.outputs == {"edges": 1, "identities": 2, "descriptor": 0}
    assert (SEVERAL.appearance, KNOWN.appearance) == ("descriptor", "identity")


def test_more_candidates_are_looked_for_than_animals_were_labelled():
    assert outputs.SINGLE.candidates == 1
    assert SEVERAL.candidates > 2
