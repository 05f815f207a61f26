import numpy as np
import pytest

from marey.synth import groups
from marey.synth.backbone import Build
from marey.synth.mouse import KEYPOINTS, pose

from ..made_mice import straight

NAMES = list(KEYPOINTS)


def figure(heading=0.0, at=(0, 0, 0)):
    return groups.moved(pose(Build(), straight(), heading), np.array(at, float))


def test_moving_moves_everything():
    there, here = figure(at=(10, -20, 5)), figure()
    for one, other in (
        (there.keypoints, here.keypoints),
        (there.solids.ends, here.solids.ends),
        (there.solids.discs[:, 0], here.solids.discs[:, 0]),
        (there.head[0], here.head[0]),
    ):
        np.testing.assert_allclose(one - other, np.broadcast_to([10, -20, 5], one.shape))
    np.testing.assert_array_equal(there.solids.discs[:, 1:], here.solids.discs[:, 1:])


def test_a_mouse_over_another_is_lifted_by_it():
    lower = figure()
    upper = groups.drape(figure(heading=np.pi / 2), [lower])
    centre = NAMES.index("body_centre")
    lift = upper.keypoints[centre, 2] - figure(heading=np.pi / 2).keypoints[centre, 2]
    assert lift == pytest.approx(0.8 * (lower.trunk[14, 2] + lower.radii[14]), abs=3)  # half sunk into its fur
    beside = groups.drape(figure(at=(0, 100, 0)), [lower])
    np.testing.assert_allclose(beside.keypoints, figure(at=(0, 100, 0)).keypoints, atol=0.01)
    assert groups.drape(lower, []) is lower


def test_a_mouse_is_brought_into_the_arena():
    inside = groups.into_arena(figure(at=(300, 0, 0)), (200.0, 160.0))
    assert (np.abs(inside.solids.ends[..., :2]) < [100, 80]).all()
    assert (inside.trunk[:, 0] + 0.9 * inside.radii).max() == pytest.approx(100)
    np.testing.assert_allclose(np.diff(inside.trunk, axis=0), np.diff(figure().trunk, axis=0), atol=1e-9)


def test_a_mouse_is_put_to_a_wall():
    chance = np.random.default_rng(0)
    for _ in range(20):
        offset = groups.to_wall(chance, figure(), (400.0, 400.0))
        there = groups.into_arena(groups.moved(figure(), offset), (400.0, 400.0))
        gap = 200 - (np.abs(there.trunk[:, :2]) + there.radii[:, None]).max()
        assert gap < 40


@pytest.mark.parametrize(
    ("meeting", "mine", "theirs", "apart"),
    [("nose to tail", "snout", "tail_base", 15), ("nose to nose", "snout", "snout", 15)],
)
def test_noses_meet_what_the_meeting_says(meeting, mine, theirs, apart):
    chance = np.random.default_rng(0)
    for _ in range(20):
        other = figure(heading=chance.uniform(-3, 3), at=(50, 20, 0))
        met = pose(Build(), straight(), groups.meeting_heading(chance, meeting, other))
        met = groups.moved(met, groups.meeting_offset(chance, meeting, met, other))
        gap = met.keypoints[NAMES.index(mine)] - other.keypoints[NAMES.index(theirs)]
        assert np.hypot(*gap[:2]) < apart


@pytest.mark.parametrize("meeting", ["side by side", "huddle", "over"])
def test_bodies_touch(meeting):
    chance = np.random.default_rng(1)
    for _ in range(20):
        other = figure(heading=1.0, at=(50, 20, 0))
        met = pose(Build(), straight(), groups.meeting_heading(chance, meeting, other))
        met = groups.moved(met, groups.meeting_offset(chance, meeting, met, other))
        gaps = np.linalg.norm((met.trunk[:, None] - other.trunk)[..., :2], axis=-1) - met.radii[:, None] - other.radii
        assert gaps.min() < 8


def test_all_meetings_are_drawn():
    chance = np.random.default_rng(0)
    assert {groups.random_meeting(chance) for _ in range(200)} == set(groups.MEETINGS)
