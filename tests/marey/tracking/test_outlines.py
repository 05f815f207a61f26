"""Outlines: the numbers that are kept of poses, however these are cut into blocks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from marey.tracking import outlines
from marey.tracking.tracker import Instances, track

from .walks import Cut, walk


def test_neighbours_know_how_far_their_rivals_are():
    x = np.array([0, 10, 1, 14, 3], np.float32)  # frames 0, 0, 1, 1, 2
    points = np.stack([x, 0 * x], axis=1)[:, None]
    found = outlines.outline(Instances(np.array([0, 0, 1, 1, 2]), points)).neighbours
    rows = list(zip(*(part.tolist() for part in found), strict=True))
    assert rows == [(0, 2, 1, 9, 0), (1, 3, 4, 9, 0), (2, 4, 2, 11, 0)]


def test_numbers_of_poses():
    nan = np.nan
    points = np.array([[[0, 0], [30, 4]], [[nan, nan], [5, 60]]], np.float32)
    found = outlines.outline(Instances(np.array([0, 7]), points))
    assert found.shown.tolist() == [2, 1]
    assert found.size.tolist() == [30, 0]
    assert (found.low.tolist(), found.high.tolist()) == ([0, 0], [30, 60])


def test_picked_poses_are_those_asked_for():
    instances, _ = walk(0, animals=3, frames=50)
    wanted = np.array([40, 3, 3, 77])
    found = outlines.outline(instances).picking(Cut(instances, 7), wanted).points
    np.testing.assert_array_equal(found[wanted], instances.points[wanted])


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 60), st.integers(1, 30), st.floats(0, 0.8))
def test_blocks_change_nothing(seed, animals, frames, block, missed):
    instances, _ = walk(seed, animals=animals, frames=frames, missed=missed, spurious=0.3, arena=(200, 150))
    for known in (None, animals):
        whole, cut = track(instances, animals=known), track(Cut(instances, block), animals=known)
        for name in ("track", "doubt", "partner", "since"):
            np.testing.assert_array_equal(getattr(whole, name), getattr(cut, name), err_msg=name)


def test_pairs():
    frame = np.array([0, 0, 1, 3, 3, 4])
    source, target = outlines.later_pairs(frame, frame)
    assert list(zip(source.tolist(), target.tolist(), strict=True)) == [(0, 2), (1, 2), (3, 5), (4, 5)]
    source, target = outlines.later_pairs(np.array([4, 0]), frame, most=3)
    assert list(zip(source.tolist(), target.tolist(), strict=True)) == [(1, 2), (1, 3), (1, 4)]
    source, target = outlines.later_pairs(np.array([4, 0]), frame, most=3, count=2)
    assert list(zip(source.tolist(), target.tolist(), strict=True)) == [(1, 2), (1, 3)]
