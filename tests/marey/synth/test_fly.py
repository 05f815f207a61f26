from dataclasses import replace

import numpy as np
import pytest

from marey.synth.fly import FEET, KEYPOINTS, FlyBuild, FlyPosture, pose_fly

NAMES = list(KEYPOINTS)


def quiet(**changes):
    feet = np.zeros((2, 3, 3)) + np.pad(FEET, ((0, 0), (0, 1)))
    usual = FlyPosture(np.zeros(2), np.zeros(2), np.zeros(2), 0.0, feet)
    return replace(usual, **changes)


def points(posture, heading=0.0, at=(0, 0, 0), size=1.0):
    return dict(zip(NAMES, pose_fly(FlyBuild(size=size), posture, heading, np.array(at, float)).keypoints, strict=True))


def test_a_quiet_fly_has_its_parts_where_flies_have_them():
    found = points(quiet())
    assert found["head"][0] > found["eyeL"][0] > found["thorax"][0] > found["abdomen"][0] > found["wingL"][0]
    assert 80 < found["head"][0] - found["abdomen"][0] < 100  # mm, as long as a mouse
    for name in ("eye", "foreleg{}4", "midleg{}4", "hindleg{}4"):
        left, right = ((found[name.format(s)] if "{" in name else found[name + s]) for s in "LR")
        np.testing.assert_allclose(left, right * [1, -1, 1], atol=1e-9)
        assert left[1] > 5  # the left is at +Y of a fly that heads for +X
    tips = [found[f"{leg}leg{side}4"] for side in "LR" for leg in ("fore", "mid", "hind")]
    np.testing.assert_allclose(np.array(tips)[:, 2], 0, atol=1e-9)


def test_a_mirrored_fly_has_mirrored_keypoints():
    chance = np.random.default_rng(0)
    feet = quiet().feet + chance.normal(0, 3, (2, 3, 3))
    posture = FlyPosture(np.array([0.2, 0.1]), np.array([0.3, -0.1]), np.array([0.1, 1.2]), 0.2, feet)
    mirrored = replace(
        posture,
        head=posture.head * [-1, 1],
        abdomen=posture.abdomen * [-1, 1],
        wings=posture.wings[::-1],
        roll=-posture.roll,
        feet=feet[::-1],
    )
    one, other = points(posture, heading=0.4), points(mirrored, heading=-0.4)
    for name, point in one.items():
        twin = name.replace("wingL", "wingr").replace("wingR", "wingL").replace("wingr", "wingR")
        if not name.startswith("wing"):
            swap = {"L": "R", "R": "L"}
            twin = "".join(swap.get(letter, letter) for letter in name)
        atol = 0.5 if name.startswith("wing") else 1e-9  # one wing lies upon the other, which a roll shows
        np.testing.assert_allclose(other[twin][:2] * [1, -1], point[:2], atol=atol, err_msg=name)


def test_heading_size_and_place():
    here = np.stack(list(points(quiet()).values()))
    there = np.stack(list(points(quiet(), np.pi / 2, (10, 20, 5), 2.0).values()))
    np.testing.assert_allclose(there, 2 * np.stack([-here[:, 1], here[:, 0], here[:, 2]], axis=1) + [10, 20, 5])


@pytest.mark.parametrize(("side", "name"), [(0, "wingL"), (1, "wingR")])
def test_a_wing_is_spread_to_its_side(side, name):
    wings = np.zeros(2)
    wings[side] = np.pi / 2
    spread = points(quiet(wings=wings))
    folded = points(quiet())
    assert (spread[name] - folded[name])[1] * (1, -1)[side] > 60
    other = "wingR" if name == "wingL" else "wingL"
    np.testing.assert_allclose(spread[other], folded[other])


def test_legs_have_their_lengths_and_reach_their_ends():
    figure = pose_fly(FlyBuild(), quiet(), 0.0, np.zeros(3))
    legs = figure.solids.ends[-18:].reshape(2, 3, 3, 2, 3)
    lengths = np.linalg.norm(legs[..., 1, :] - legs[..., 0, :], axis=-1)
    np.testing.assert_allclose(lengths[0], lengths[1])
    np.testing.assert_allclose(lengths[0, :, :2], [(19, 17), (21, 20), (22, 23)], atol=1e-6)
    np.testing.assert_allclose(legs[:, :, :-1, 1], legs[:, :, 1:, 0])  # joints hold
    knees = legs[:, :, 0, 1, 2]
    assert (knees > legs[:, :, 0, 0, 2]).all()
