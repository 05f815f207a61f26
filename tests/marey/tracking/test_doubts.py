"""Doubts: chimeras and meetings are doubtful, animals apart are not; cuts change no tracklet."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marey.tracking import doubts, tracklets
from marey.tracking.tracker import Instances, track

from .walks import outlined, walk

BODY = np.stack([np.arange(0, 80, 10.0), np.zeros(8)], axis=1)
CERTAIN = 0.01


def made(rows):
    """Poses of (frame, points) rows."""
    frame, points = zip(*rows, strict=True)
    return Instances(np.array(frame), np.array(points, np.float32))


def passing(taken):
    """Two animals side by side, 24 px apart, walk on. From frame 50 on each pose takes keypoints of the other animal.

    `taken`: how many in frames 50, 51, ...; all of them from then on.
    """
    chance, rows = np.random.default_rng(0), []
    for frame in range(100):
        one, other = (np.add(BODY, [200 + 2 * frame, y]) + chance.normal(0, 1, (8, 2)) for y in (100, 124))
        count = 0 if frame < 50 else ([*taken] + [8] * 50)[frame - 50]
        rows += [
            (frame, np.concatenate([second[:count], first[count:]])) for first, second in ((one, other), (other, one))
        ]
    return made(rows)


def test_poses_of_two_animals_leave_it_open_who_is_who_after_them():
    sure = track(passing([0] * 50))
    assert (sure.track.max(), sure.doubt.max() < CERTAIN) == (1, True)
    exchanged = track(passing([3, 5]))
    assert np.array_equal(exchanged.track, sure.track)  # names stay with the poses, which changed places
    doubtful = exchanged.doubt > CERTAIN
    assert doubtful.any()
    assert set(exchanged.frame[doubtful]) <= {50, 51, 52}


def test_animals_that_are_far_apart_when_both_are_missed_are_not_exchanged():
    rows = []
    for frame in range(100):
        if not 50 <= frame < 54:
            rows += [(frame, np.add(BODY, [100 + 2 * frame, 100])), (frame, np.add(BODY, [100 + 2 * frame, 500]))]
    assert track(made(rows)).doubt.max() < CERTAIN


@pytest.mark.parametrize(("away", "listed"), [(12, True), (400, False)])
def test_one_that_comes_back_close_to_another_may_be_that_one(away, listed):
    """The second is missed for a while; the first walks on unsteadily, by up to 10 px a frame."""
    chance = np.random.default_rng(0)
    rows = []
    for frame in range(300):
        rows.append((frame, np.add(BODY, [100 + frame, 100]) + chance.normal(0, 6, 2)))
        if not 150 <= frame < 160:
            rows.append((frame, np.add(BODY, [100 + frame, 100 + away]) + chance.normal(0, 1, 2)))
    found = track(made(rows))
    assert ((found.doubt > CERTAIN) & (found.frame == 160)).any() == listed


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10), st.integers(1, 5)), max_size=12))
def test_links_are_exchanged_with_those_that_are_open_at_the_same_time(made_of):
    """Track by track: two parts, of which the first ends in a frame, and the second begins some frames later."""
    count = len(made_of)
    last = np.array([end for end, *_ in made_of] + [end + gap + length for end, gap, length in made_of], int)
    first = np.array([end for end, *_ in made_of] + [end + gap for end, gap, _ in made_of], int)
    following = np.append(np.arange(count, 2 * count), np.full(count, -1))
    found = {frozenset(pair) for pair in zip(*doubts.exchanges(last, first, following), strict=True)}
    open_both = itertools.combinations(range(count), 2)
    expected = {frozenset((a, c)) for a, c in open_both if last[c] < first[count + a] and last[a] < first[count + c]}
    assert found == expected
    assert len(doubts.exchanges(last, first, following)[0]) == len(expected)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 5), st.floats(0, 0.5), st.floats(0, 1))
def test_cuts_only_cut(seed, animals, missed, spurious):
    poses, _ = walk(seed, animals=animals, frames=60, missed=missed, spurious=spurious, arena=(200, 150))
    if not len(poses):
        return
    seen = outlined(poses)
    pieces = tracklets.build_tracklets(seen)
    path = np.random.default_rng(seed).integers(-1, 3, len(pieces))
    parts, origin = doubts.cut_tracklets(seen, pieces, path)
    assert (np.diff(parts.first) > 0).all()
    assert (parts.lengths > 0).all()
    for piece in range(len(pieces)):
        whole = pieces.members[pieces.starts[piece] : pieces.starts[piece + 1]].tolist()
        made_of = [parts.members[parts.starts[at] : parts.starts[at + 1]] for at in np.flatnonzero(origin == piece)]
        assert [*np.concatenate(made_of)] == whole if path[piece] >= 0 else not made_of
