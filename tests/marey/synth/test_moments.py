import numpy as np
import pytest

from marey.synth.backbone import Build
from marey.synth.moments import COMB, SHUTTERS, carried, part, random_shutter, swung
from marey.synth.mouse import KEYPOINTS, SKIN, TAIL_CONES, pose

from ..made_mice import straight

ARENA = (1000.0, 1000.0)


def figure():
    return pose(Build(), straight(), 0.4)


def test_a_tail_swings_about_its_base_and_keeps_its_length():
    still = figure()
    for angle, curl in ((0.5, 0.0), (-0.2, 0.9)):
        moving = swung(still, angle, curl, ARENA)
        before, after = (each.solids.ends[TAIL_CONES] for each in (still, moving))
        np.testing.assert_allclose(after[0, 0], before[0, 0])
        np.testing.assert_allclose(*(np.linalg.norm(np.diff(ends, axis=1), axis=-1) for ends in (before, after)))
        ways = [np.arctan2(*(ends[0, 1] - ends[0, 0])[1::-1]) for ends in (before, after)]
        assert ways[1] - ways[0] == pytest.approx(angle)
        rest = np.ones(len(still.solids.ends), bool)
        rest[TAIL_CONES] = False
        np.testing.assert_array_equal(moving.solids.ends[rest], still.solids.ends[rest])


def test_a_tail_stays_within_the_walls():
    ends = swung(figure(), 1.0, 0.0, (150.0, 150.0)).solids.ends[TAIL_CONES]
    assert np.abs(ends[..., :2]).max() <= 74.0


def test_an_animal_is_carried_as_a_whole():
    still = figure()
    moved = carried(still, np.array([3.0, -1.0]), 0.1)
    tail = list(KEYPOINTS).index("tail_base")
    np.testing.assert_allclose(moved.keypoints[tail] - still.keypoints[tail], [3, -1, 0])
    gaps = [np.linalg.norm(np.diff(each.keypoints, axis=0), axis=1) for each in (still, moved)]
    np.testing.assert_allclose(*gaps)


def test_a_part_has_the_covers_of_its_solids():
    still = figure()
    is_tail = np.zeros(len(still.solids.ends), bool)
    is_tail[TAIL_CONES] = True
    tail = part(still, is_tail, False)
    assert set(tail.cover) == {SKIN}
    assert len(tail.solids.ends) == len(tail.along) == len(tail.cover) == 12


@pytest.mark.parametrize("shutter", list(SHUTTERS), ids=lambda shutter: shutter.__name__)
def test_every_part_of_an_animal_is_seen_with_all_of_the_light(shutter):
    still = figure()
    for seed in range(5):
        moments = shutter(np.random.default_rng(seed), still, ARENA)
        cones = sum(len(each.figures[0].solids.ends) for each in moments)
        assert cones == len(still.solids.ends)
        for each in moments:
            if each.shares != COMB:
                assert len(each.shares) == len(each.figures)
                assert sum(each.shares) == pytest.approx(1)


def test_every_shutter_is_drawn():
    drawn = {random_shutter(np.random.default_rng(seed)) for seed in range(200)}
    assert drawn == set(SHUTTERS)
