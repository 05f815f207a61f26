import numpy as np
import pytest

from marey.experiment.skeletons import mirror_pairs
from marey.synth.backbone import Build
from marey.synth.mouse import EAR, FEET_CONES, KEYPOINTS, PAW, pose

from ..made_mice import straight


def place(figure):
    return dict(zip(KEYPOINTS, figure.keypoints, strict=True))


def test_names_form_a_skeleton():
    assert mirror_pairs(list(KEYPOINTS)) == ((1, 2), (7, 8))
    assert list(KEYPOINTS)[:4] == ["snout", "left_ear", "right_ear", "neck"]


def test_anatomy_of_a_straight_mouse():
    there = place(pose(Build(), straight(), 0.0))
    order = ["snout", "left_ear", "neck", "upper_spine", "body_centre", "lower_spine", "left_hip"]
    order += ["tail_base", "tail_middle", "tail_tip"]
    assert (np.diff([there[name][0] for name in order]) < 0).all()
    for side in ("ear", "hip"):
        left, right = there[f"left_{side}"], there[f"right_{side}"]
        assert left[1] > 0 > right[1]  # +Y is to the left of +X
        np.testing.assert_allclose(left * [1, -1, 1], right, atol=1e-9)
    along = (there["snout"][0] - there["left_ear"][0]) / (there["snout"][0] - there["neck"][0])
    assert 0.5 < along < 0.8  # ears stand behind the eyes, before the neck
    assert there["snout"][0] - there["tail_base"][0] == pytest.approx(95, abs=3)


def test_the_head_is_widest_at_the_ears_and_the_trunk_at_the_hips():
    figure = pose(Build(), straight(), 0.0)
    ears = figure.solids.discs[:, 0, 1]
    reach = np.abs(figure.solids.discs[:, :, 1]).sum(axis=1).max()
    assert ears[0] > 0 > ears[1]
    assert reach > figure.radii[figure.trunk[:, 0] > figure.keypoints[3, 0]].max()
    widest = figure.trunk[figure.radii.argmax(), 0]
    assert widest == pytest.approx(place(figure)["lower_spine"][0], abs=5)
    assert list(figure.cover[-2:]) == [EAR, EAR]


def test_keypoints_of_the_trunk_are_on_its_skin():
    figure = pose(Build(fat=1.3), straight(bend=np.linspace(0, 1, 14), roll=0.2), 0.4)
    for name in ("snout", "neck", "upper_spine", "body_centre", "lower_spine", "left_hip", "right_hip"):
        gap = np.linalg.norm(figure.trunk - place(figure)[name], axis=1) - figure.radii
        assert gap.min() == pytest.approx(0, abs=2.0), name  # mm


def test_a_splayed_hind_foot_has_toes_beside_the_trunk_that_point_outwards():
    feet = np.zeros((4, 3))
    feet[2] = -5, 10, np.pi / 2
    figure = pose(Build(), straight(feet=feet), 0.0)
    cones = figure.solids.ends[-FEET_CONES:]
    assert list(figure.cover[-2 - FEET_CONES + 4 : -2]) == [PAW] * (FEET_CONES - 4)
    legs, soles, toes = cones[:4], cones[4:8], cones[8:].reshape(-1, 4, 2, 3)
    np.testing.assert_array_equal(legs[:, 1], soles[:, 0])  # heels
    assert (toes[:, :, 0] == soles[:, 1]).all()
    assert (toes[:, 2, 1, 1] > figure.trunk[:, 1].max() + figure.radii.max() + 8).all()  # mm
    assert np.ptp(toes[:, 2, 1, 0]) > 2
    beneath = np.abs(cones[4:, :, 1].reshape(-1, 4, 2)[:, [0, 1, 3]])
    assert beneath.max() < figure.radii.max()
