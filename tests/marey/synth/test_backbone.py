import numpy as np
import pytest

from marey.synth.backbone import BODY_LENGTH, PLACES, SPINE_LINKS, Build, build_backbone

from ..made_mice import straight


def test_a_straight_mouse_is_as_long_and_wide_as_it_is_built():
    bone = build_backbone(Build(size=0.8, fat=1.2, tail_length=70), straight(), heading=0.0)
    np.testing.assert_allclose(bone.points[:, 0], bone.points[0, 0] - PLACES * BODY_LENGTH * 0.8, atol=1e-9)
    np.testing.assert_allclose(bone.points[:, 1], 0, atol=1e-12)
    assert bone.radii.max() == pytest.approx(14 * 0.8 * 1.2, rel=0.02)
    assert np.linalg.norm(np.diff(bone.tail[:, :2], axis=0), axis=1).sum() == pytest.approx(70 * 0.8)
    assert bone.tail[-1, 0] < bone.points[-1, 0] < bone.points[0, 0]


def test_the_lowest_part_is_on_the_floor_however_it_is_held():
    for pitch in (-0.3, 0.0, 0.8):
        bone = build_backbone(Build(), straight(pitch=np.full(SPINE_LINKS, pitch)), heading=1.0)
        assert (bone.points[:, 2] - 0.92 * bone.radii).min() == pytest.approx(0, abs=1e-9)
        assert (bone.tail[:, 2] >= bone.tail_radii - 1e-9).all()


def test_axes_are_orthonormal_and_right_handed():
    posture = straight(bend=np.linspace(0, 2, SPINE_LINKS), head=np.array([0.3, -0.5, 0.4]), roll=0.6)
    bone = build_backbone(Build(), posture, heading=-0.7)
    np.testing.assert_allclose(
        bone.axes @ bone.axes.transpose(0, 2, 1), np.broadcast_to(np.eye(3), (22, 3, 3)), atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.det(bone.axes), 1)


def test_a_mark_is_a_place_moved_by_radii():
    bone = build_backbone(Build(), straight(), heading=np.pi / 2)
    place = PLACES[10]
    (left,) = bone.at(np.array([place]), np.array([[0, 1.0, 0]]))
    np.testing.assert_allclose(left, bone.points[10] + [-bone.radii[10], 0, 0], atol=1e-9)
