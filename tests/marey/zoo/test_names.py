"""Names of the same keypoint: what laboratories write is understood, and no side is ever guessed."""

import pytest

from marey.networks.metadata import BundleError
from marey.zoo.names import match, place

MOUSE = ["snout", "left_ear", "right_ear", "neck", "upper_spine", "body_centre", "lower_spine", "left_hip"]
MOUSE += ["right_hip", "tail_base", "tail_middle", "tail_tip"]

# Keypoints of projects and what they are in MOUSE; what is not named has none.
PROJECTS = {
    "DeepLabCut's open field": {
        "snout": "snout",
        "leftear": "left_ear",
        "rightear": "right_ear",
        "tailbase": "tail_base",
    },
    "SLEAP's home cage": {
        **{"nose": "snout", "head": None, "earL": "left_ear", "earR": "right_ear", "neck": "neck"},
        **{"shoulderL": None, "shoulderR": None, "tail_base": "tail_base", "haunchL": "left_hip"},
        **{"haunchR": "right_hip", "trunk": None, "tail0": None, "tail1": None, "tail_tip": "tail_tip"},
    },
    "SLEAP's four cameras": {
        **{"Nose": "snout", "Ear_R": "right_ear", "Ear_L": "left_ear", "TTI": "tail_base", "TailTip": "tail_tip"},
        **{"Head": None, "Trunk": None, "Tail_0": None, "Shoulder_left": None, "Haunch_left": "left_hip"},
    },
    "DeepLabCut's three mice": {
        **{"snout": "snout", "leftear": "left_ear", "rightear": "right_ear", "shoulder": None, "spine1": None},
        **{"tailbase": "tail_base", "tail1": None, "tailend": "tail_tip"},
    },
    "JABS": {
        **{"NOSE": "snout", "LEFT_EAR": "left_ear", "BASE_NECK": "neck", "CENTER_SPINE": "body_centre"},
        **{"LEFT_FRONT_PAW": None, "BASE_TAIL": "tail_base", "MID_TAIL": "tail_middle", "TIP_TAIL": "tail_tip"},
    },
    "MARS": {"nose": "snout", "left ear": "left_ear", "right hip": "right_hip", "tail base": "tail_base"},
    "SimBA": {"Ear_left": "left_ear", "Ear_right": "right_ear", "Center": "body_centre", "Lat_left": None},
    "SuperAnimal": {"nose": "snout", "left_eye": None, "mouse_center": "body_centre", "tail_end": "tail_tip"},
    "capitals set apart": {"LEar": "left_ear", "rightHip": "right_hip"},
    "reaching": {"Hand": None, "Finger1": None, "Tongue": None, "Joystick1": None},
    "birds": {"head": None, "tail": None, "leftwing": None, "rightwing": None},
}


@pytest.mark.parametrize("project", PROJECTS)
def test_names_of_laboratories(project):
    expected = PROJECTS[project]
    found = match(list(expected), MOUSE)
    assert found.source == expected
    assert found.dropped == [name for name in MOUSE if name not in expected.values()]
    assert found.unknown == [name for name, source in expected.items() if source is None]


@pytest.mark.parametrize("name", ["ear", "ear1", "earl", "lear", "LEAR", "ears", "ear_lr", "left_right_ear", "bright"])
def test_no_side_is_guessed(name):
    assert match([name], ["left_ear", "right_ear"]).source == {name: None}


@pytest.mark.parametrize("name", ["left_ear", "earL", "ear_left", "LeftEar", "l.ear", "L ear", "EAR-LEFT", "leftear"])
def test_a_side_never_changes(name):
    assert match([name], ["right_ear"]).source == {name: None}
    assert match([name], ["ear"]).source == {name: None}
    assert match([name], ["right_ear", "left_ear"]).source == {name: "left_ear"}


FLY = ["head", "thorax", "abdomen", "wingL", "wingR", "forelegL4", "forelegR4", "midlegL4", "midlegR4", "hindlegL4"]
FLY += ["hindlegR4", "eyeL", "eyeR"]
SIDE = [
    "snout",
    "eye",
    "ear",
    "near_front_paw",
    "far_front_paw",
    "near_hind_paw",
    "far_hind_paw",
    "hip",
    "knee",
    "ankle",
]
SIDE += ["tail_base", "tail_middle", "tail_tip"]


def test_names_of_flies():
    sleap24 = {"head": "head", "neck": None, "wingL": "wingL", "forelegL1": None, "forelegL3": None, "hindlegR2": None}
    assert match(list(sleap24), FLY).source == sleap24
    others = {"left_wing_tip": "wingL", "EyeRight": "eyeR", "foreleg_tip_L": "forelegL4", "mid leg right": "midlegR4"}
    assert match(list(others), FLY).source == others


def test_near_and_far_are_sides_of_a_mouse_from_the_side():
    ours = {"nose": "snout", "forepaw_near": "near_front_paw", "FarHindPaw": "far_hind_paw", "heel": "ankle"}
    ours |= {"nearforepaw": None, "tailbase": "tail_base"}  # one place twice: nothing says which
    assert match(list(ours), SIDE).source == {**ours, "forepaw_near": None}
    assert match(["nearforepaw"], SIDE).source == {"nearforepaw": "near_front_paw"}


@pytest.mark.parametrize("name", ["paw1LH_top", "left_hind_paw", "hind_paw", "RightFrontPaw", "forepaw", "linearpaw"])
def test_near_and_far_are_never_guessed(name):
    assert match([name], SIDE).source == {name: None}


def test_the_same_name_goes_before_the_same_place():
    assert match(["snout", "nose"], MOUSE).source == {"snout": "snout", "nose": None}
    assert match(["nose", "nose_tip"], MOUSE).source == {"nose": None, "nose_tip": None}
    assert match(["nosetip"], ["snout", "nose"]).source == {"nosetip": None}


def test_what_is_said_by_hand_goes_before_all():
    by_hand = {"a": "snout", "left_ear": "right_ear", "tail_base": None}
    found = match(["a", "nose", "left_ear", "right_ear", "tail_base"], MOUSE, by_hand)
    assert found.source == {"a": "snout", "nose": None, "left_ear": "right_ear", "right_ear": None, "tail_base": None}


@pytest.mark.parametrize(
    ("by_hand", "message"),
    [
        ({"nos": "snout"}, "model.map: 'nos' is not a keypoint of this project; it has nose, ear"),
        ({"nose": "snut"}, "model.map: 'snut' is not a keypoint of the bundle; it has snout"),
        ({"nose": "snout", "ear": "snout"}, "model.map: 'snout' of the bundle is given to 2 keypoints; give it to one"),
    ],
)
def test_what_is_said_wrong_by_hand_is_refused(by_hand, message):
    with pytest.raises(BundleError, match=message):
        match(["nose", "ear"], ["snout"], by_hand)


def test_places_without_side():
    assert place("Tail_Base") == place("TTI") == ("", "tailbase")
    assert place("left") == ("left", "")
