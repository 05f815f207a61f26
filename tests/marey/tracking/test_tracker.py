"""Tracking: walking animals keep their names through meetings, gaps and false poses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marey.tracking.instances import Instances
from marey.tracking.tracker import track

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


def circling(spans: list[tuple[int, int]]) -> tuple[Instances, np.ndarray]:
    """Animals that go round places 300 px apart, each while its span [start, stop) lasts.

    Returns the poses and whose each is, i64[instance].
    """
    body = np.stack([np.linspace(-20, 20, 5), np.zeros(5)], axis=1)
    rows = []
    for frame in range(max(stop for _, stop in spans)):
        for animal, (start, stop) in enumerate(spans):
            if start <= frame < stop:
                angle = 0.05 * frame + animal
                place = [300 * (animal % 2), 0] + 30 * np.array([np.cos(angle), np.sin(angle)]) + 200
                rows.append((frame, animal, body + place))
    frame, owner, points = (np.array(column) for column in zip(*rows, strict=True))
    return Instances(frame, points.astype(np.float32)), owner


def test_stretches_that_interleave_are_all_kept():
    """Two animals; one is seen until another place shows one, so that the stretches overlap in turns."""
    instances, owner = circling([(0, 160), (80, 240), (160, 320), (240, 400)])
    found = track(instances, animals=2).track
    assert (found >= 0).all()
    assert [set(found[owner == stretch]) for stretch in range(4)] == [{0}, {1}, {0}, {1}]


def test_a_false_pose_beside_all_animals_is_left_out():
    instances, owner = circling([(0, 200), (0, 200)])
    false = np.isin(instances.frame, [20, 21, 22, 90, 150]) & (owner == 0)
    frame = np.append(instances.frame, instances.frame[false])
    points = np.concatenate([instances.points, instances.points[false] + [100, 200]])
    order = np.argsort(frame, kind="stable")
    found = track(Instances(frame[order], points[order].astype(np.float32)), animals=2).track
    assert ((found < 0) == (order >= len(owner))).all()
    assert switches(owner, found[np.argsort(order)][: len(owner)]) == 0


def test_an_animal_that_leaves_and_comes_back_keeps_its_name():
    instances, owner = circling([(0, 900), (0, 200)])
    frame = instances.frame[owner == 1]
    both = np.concatenate([instances.frame, frame + 600])
    points = np.concatenate([instances.points, instances.points[owner == 1]])
    whose = np.append(owner, owner[owner == 1])
    order = np.argsort(both, kind="stable")
    found = track(Instances(both[order], points[order]), animals=2).track
    assert (found == whose[order]).all()


@pytest.mark.parametrize("lost", [0, 6])
def test_animals_that_cross_keep_their_names(lost):
    """Both run straight on through the place where they meet, in which neither is seen for a while."""
    body = np.stack([np.linspace(-20, 20, 5), np.zeros(5)], axis=1)
    rows = [
        (frame, animal, body + 500 + np.multiply(frame - 50, (5 - 10 * animal, 3)) + (0, 2 * animal))
        for frame in range(100)
        for animal in (0, 1)
        if abs(frame - 50) >= lost / 2
    ]
    frame, owner, points = (np.array(column) for column in zip(*rows, strict=True))
    found = track(Instances(frame, points.astype(np.float32)), animals=2).track
    assert (found >= 0).all()
    assert switches(owner, found) == 0


def test_of_fewer_animals_than_there_are_said_to_be_none_is_made_up():
    instances, owner = walk(2, animals=2, frames=1000, spurious=0.02)
    found = track(instances, animals=4).track
    assert set(found[owner >= 0]) <= {-1, 0, 1}
    assert switches(owner, found) == 0
    assert (found[owner < 0] < 0).all()
    assert (found[owner >= 0] >= 0).mean() > 0.99


def test_a_leap_costs_no_pose_where_no_frame_has_too_many():
    """One of two animals is found somewhere else for three frames: no other pose can be its."""
    instances, owner = circling([(0, 300), (0, 300)])
    there = (instances.frame >= 150) & (instances.frame < 153) & (owner == 0)
    points = instances.points + np.where(there[:, None, None], [90, 150], 0).astype(np.float32)
    found = track(Instances(instances.frame, points), animals=2).track
    assert (found >= 0).all()
    assert switches(owner, found) == 0


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
