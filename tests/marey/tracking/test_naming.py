"""Names of tracks: the assignment that is best for all, beside every possible one."""

import itertools

import numpy as np
import pytest

from marey.tracking import naming
from marey.tracking.likeness import Appearance
from marey.tracking.tracker import Tracks


def tracks(*spans):
    """Tracks that are there from one frame to another, as pairs (begin, end)."""
    rows = sorted((frame, track) for track, (begin, end) in enumerate(spans) for frame in range(begin, end + 1))
    frame, track = np.array(rows, np.int64).reshape(-1, 2).T
    nothing = np.zeros(len(frame))
    return Tracks(track, nothing, nothing, nothing, frame)


def seen(found, logits):
    """The same logits for every pose of a track, in two blocks."""
    vector = np.array(logits, np.float32)[found.track]
    half = len(vector) // 2
    return [Appearance(found.frame[part], vector[part]) for part in (slice(half), slice(half, None))]


def named(found, logits, identities):
    """The name of each track."""
    individual, names = naming.name_tracks(found, seen(found, logits), identities)
    by_track = dict(zip(found.track.tolist(), (names[number] for number in individual), strict=True))
    return [by_track[track] for track in sorted(by_track)]


def test_names_are_those_that_are_best_together():
    """Both look like black, and one of them like nobody else: the other one is white."""
    logits = [[10, 9, 0], [8, -9, 0]]
    assert named(tracks((0, 9), (0, 9)), logits, ["black", "white"]) == ["white", "black"]


@pytest.mark.parametrize("seed", range(20))
def test_the_assignment_is_the_best_of_all(seed):
    chance = np.random.default_rng(seed)
    score = chance.normal(0, 1, (4, 3))
    found = naming.assign_identities(score, np.zeros(4, int), np.ones(4, int))
    worth = lambda chosen: sum(score[t, i] for t, i in enumerate(chosen) if i >= 0)  # noqa: E731
    every = (
        chosen
        for chosen in itertools.product(range(-1, 3), repeat=4)
        if len([i for i in chosen if i >= 0]) == len({i for i in chosen if i >= 0})
    )
    assert worth(found) == pytest.approx(max(map(worth, every)))


def test_an_individual_may_come_back_but_is_never_there_twice():
    logits = [[5, 0, 0], [4, 1, 0], [5, 0, 0], [5, 0, 0]]
    found = tracks((0, 9), (0, 30), (12, 20), (15, 40))
    names = named(found, logits, ["black", "white"])
    assert names == ["black", "white", "animal1", "black"]  # the third is there at the same time as the longer last


def test_strangers_are_numbered_and_avoid_names():
    logits = [[-5, 0], [-5, 0], [5, 0]]
    assert named(tracks((0, 9), (1, 9), (2, 9)), logits, ["animal1"]) == ["animal2", "animal3", "animal1"]


def test_poses_of_no_track_have_no_name():
    found = tracks((0, 3))
    found.track[2] = -1
    individual, names = naming.name_tracks(found, seen(found, [[5, 0]]), ["black"])
    assert names == ["black"]
    assert individual.tolist() == [0, 0, -1, 0]
    nobody = tracks()
    assert naming.name_tracks(nobody, [], ["black"])[1] == []
