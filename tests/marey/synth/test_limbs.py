import numpy as np
import pytest

from marey.synth.backbone import Build, build_backbone
from marey.synth.limbs import LEFT_HIND, LENGTHS, Stance, bend_limbs, girdles, put_on_limbs
from marey.synth.mouse import cover_backbone
from marey.synth.side_mice import lifted

from ..made_mice import straight

BONE = lifted(build_backbone(Build(), straight(), 0.0), 9.0)


def stance(ahead=(4.0, 4.0, 8.0, 8.0), raised=0.2):
    roots, forwards, outwards = girdles(BONE)
    paws = roots + np.array(ahead)[:, None] * forwards + 2 * outwards
    paws[:, 2] = 1.5
    return Stance(paws, np.full(4, raised))


def lengths(limbs):
    upper = np.linalg.norm(limbs.middles - limbs.roots, axis=1)
    return np.stack([upper, np.linalg.norm(limbs.ankles - limbs.middles, axis=1)], axis=1)


@pytest.mark.parametrize("size", [0.8, 1.0])
def test_limbs_have_their_lengths_and_reach_their_paws(size):
    limbs = bend_limbs(BONE, stance(), size)
    np.testing.assert_allclose(lengths(limbs), LENGTHS * size, rtol=1e-6)
    if size == 1:
        np.testing.assert_allclose(limbs.paws, stance().paws)


def test_elbows_point_back_and_knees_ahead():
    limbs = bend_limbs(BONE, stance(), 1.0)  # heads for +X
    between = (limbs.roots + limbs.ankles) / 2
    assert (limbs.middles[:LEFT_HIND, 0] < between[:LEFT_HIND, 0] - 1).all()
    assert (limbs.middles[LEFT_HIND:, 0] > between[LEFT_HIND:, 0] + 1).all()


def test_a_paw_out_of_reach_comes_nearer():
    limbs = bend_limbs(BONE, stance(ahead=(90, -90, 90, -90)), 1.0)
    np.testing.assert_allclose(lengths(limbs), LENGTHS, rtol=1e-6)
    assert (np.abs(limbs.paws[:, 0] - limbs.roots[:, 0]) < 50).all()


def test_no_knee_is_in_the_floor():
    assert (bend_limbs(BONE, stance(ahead=(-20, -20, -14, -14)), 1.0).middles[:, 2] > 2).all()


def test_left_is_left():
    roots, _, outwards = girdles(BONE)
    assert (outwards[::2, 1] > 0.9).all()
    assert (outwards[1::2, 1] < -0.9).all()
    np.testing.assert_allclose(roots[::2] * [1, -1, 1], roots[1::2], atol=1e-9)


def test_limbs_stand_for_the_feet_of_a_figure():
    bare = cover_backbone(Build(), straight(), BONE)
    figure = put_on_limbs(bare, BONE, stance(), 1.0)
    cones = len(figure.solids.ends)
    assert len(figure.cover) == cones + len(figure.solids.discs)
    assert len(figure.along) == len(figure.solids.radii) == cones
    np.testing.assert_array_equal(figure.keypoints[: len(bare.keypoints)], bare.keypoints)
    left, right = figure.keypoints[len(bare.keypoints) :].reshape(7, 2, 3).swapaxes(0, 1)
    np.testing.assert_allclose(left * [1, -1, 1], right, atol=1e-9)
    assert (left[:, 1] > 3).all()
    gap = np.linalg.norm(figure.solids.ends.reshape(-1, 1, 3) - figure.keypoints[len(bare.keypoints) :], axis=-1)
    assert (gap.min(axis=0) < 10).all()  # each near a joint
