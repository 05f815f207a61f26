"""Tracking: walking animals keep their names through meetings, gaps and false poses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marey.tracking.tracker import Instances, track

from .walks import walk


def switches(owner, number):
    """How often an animal's name changes."""
    rows = [number[(owner == animal) & (number >= 0)] for animal in range(owner.max() + 1)]
    return sum(int((row[1:] != row[:-1]).sum()) for row in rows)


@pytest.mark.parametrize("animals", [1, 2, 4])
@pytest.mark.parametrize("seed", range(2))
def test_names_are_kept(animals, seed):
    instances, owner = walk(seed, animals=animals, frames=2000)
    found = track(instances)
    assert found.track.max() + 1 == animals
    assert switches(owner, found.track) == 0
    assert (found.track[owner < 0] < 0).mean() > 0.8
    assert (found.track[owner >= 0] >= 0).mean() > 0.999


def test_a_frame_holds_each_track_once():
    instances, _ = walk(3, animals=6, frames=500, arena=(300, 200))
    for animals in (None, 6):
        number = track(instances, animals=animals).track
        named = np.stack([instances.frame, number], axis=1)[number >= 0]
        assert len(np.unique(named, axis=0)) == len(named)


def test_a_known_number_joins_what_was_away_for_long():
    instances, _ = walk(0, animals=1, frames=3000, spurious=0)
    away = (instances.frame >= 1000) & (instances.frame < 2200)
    left = Instances(instances.frame[~away], instances.points[~away])
    assert track(left).track.max() + 1 == 2
    joined = track(left, animals=1).track
    assert joined.max() == 0
    assert (joined == 0).mean() > 0.99


def test_a_known_number_leaves_out_what_is_worth_least():
    instances, owner = walk(1, animals=3, frames=800, spurious=0)
    few = (owner < 2) | (instances.frame < 100)
    left, whose = Instances(instances.frame[few], instances.points[few]), owner[few]
    assert track(left).track.max() + 1 == 3
    number = track(left, animals=2).track
    assert set(number[whose < 2]) == {0, 1}
    assert (number[whose == 2] == -1).mean() > 0.9


def test_an_exchange_is_doubtful_where_animals_hide_together():
    """Two animals meet, vanish for a while, and come apart at right angles: nothing tells who is who."""
    frame = np.arange(100)
    near = np.maximum(np.abs(frame - 50), 0.1)
    before = np.stack([np.stack([-near, 0 * near], axis=1), np.stack([near, 0 * near], axis=1)])
    after = np.stack([np.stack([0 * near, -near], axis=1), np.stack([0 * near, near], axis=1)])
    place = 3 * np.where((frame < 50)[:, None], before, after)
    seen = np.abs(frame - 50) > 4
    rows = [(f, place[animal, f]) for f in frame[seen] for animal in (0, 1)]
    points = np.array([at + np.array([[0, 0], [0, 5]]) for _, at in rows], np.float32)
    found = track(Instances(np.array([f for f, _ in rows]), points + 500))
    assert found.track.max() == 1
    doubtful = found.doubt > 0.1
    assert set(np.array([f for f, _ in rows])[doubtful]) == {55}
    assert found.doubt.max() == pytest.approx(0.5, abs=0.05)
    first, second = np.flatnonzero(doubtful)
    assert found.partner[[first, second]].tolist() == [second, first]
    assert found.since[[first, second]].tolist() == [46, 46]


def passing(*, lost: int) -> tuple[Instances, np.ndarray, np.ndarray]:
    """Two animals that run past each other while frames are lost: each comes out where the other was.

    Some frames are lost long before, too.

    Returns the poses, whose each is, i64[instance], and the ticks of the frames.
    """
    ticks = np.arange(200) + 7 * (np.arange(200) >= 40) + lost * (np.arange(200) >= 100)
    x = 4.0 * (ticks - 106.5 - lost / 2)  # they meet in the middle of the hole
    place = np.stack([np.stack([x, 0 * x], axis=1), np.stack([-x, 0 * x], axis=1)], axis=1) + 2000
    points = place[:, :, None] + np.array([[0, 0], [0, 9], [0, 18]]) + [0, 0]
    poses = Instances(np.repeat(np.arange(200), 2), points.reshape(400, 3, 2).astype(np.float32))
    return poses, np.tile([0, 1], 200), ticks


@pytest.mark.parametrize("lost", [12, 60])
def test_across_a_hole_in_time_animals_are_looked_for_where_they_went(lost):
    poses, owner, ticks = passing(lost=lost)
    found = track(poses, ticks=ticks)
    assert switches(owner, found.track) == 0
    assert found.track.max() == 1
    np.testing.assert_array_equal(found.frame, poses.frame)
    after = found.frame == 100
    assert (found.doubt[after] > 0).all()
    assert set(found.since[after]) == {100}
    assert switches(owner, track(poses).track) > 0  # by the numbers of frames, they turn back on the spot


def test_ticks_without_holes_change_nothing():
    instances, _ = walk(5, frames=300)
    for one, other in zip(
        vars(track(instances)).values(), vars(track(instances, ticks=np.arange(300))).values(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_no_poses_no_tracks():
    nothing = Instances(np.empty(0, np.int64), np.empty((0, 3, 2), np.float32))
    assert len(track(nothing).track) == 0
    assert len(track(nothing, animals=2).doubt) == 0


@settings(max_examples=30)
@given(
    st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 40), st.integers(1, 3), st.floats(0, 0.9), st.floats(0, 1)
)
def test_whatever_is_seen_is_tracked(seed, animals, frames, keypoints, missed, spurious):
    instances, _ = walk(
        seed, animals=animals, frames=frames, keypoints=keypoints, missed=missed, spurious=spurious, arena=(200, 150)
    )
    for known in (None, 1, animals):
        found = track(instances, animals=known)
        assert len(found.track) == len(found.doubt) == len(instances)
        assert found.track.max(initial=-1) < (known or np.inf)
        named = np.stack([instances.frame, found.track], axis=1)[found.track >= 0]
        assert len(np.unique(named, axis=0)) == len(named)
