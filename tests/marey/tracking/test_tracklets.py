"""Tracklets: surely one animal's, and cut where it might be another."""

import numpy as np
import pytest

from marey.tracking import tracklets
from marey.tracking.tracker import Instances

from .walks import outlined, walk


def film(*paths):
    """Instances of single points, from lists of (frame, x): one list for each animal; and whose each is."""
    rows = sorted((frame, x, animal) for animal, path in enumerate(paths) for frame, x in path)
    frame, x, animal = (np.array(column) for column in zip(*rows, strict=True))
    return Instances(frame, np.stack([x, np.zeros(len(x))], axis=1)[:, None].astype(np.float32)), animal


def test_animals_apart_make_one_tracklet_each():
    instances, animal = film([(f, f) for f in range(20)], [(f, 100 - f) for f in range(20)])
    pieces = tracklets.build_tracklets(outlined(instances))
    assert pieces.lengths.tolist() == [20, 20]
    for start, stop in zip(pieces.starts[:-1], pieces.starts[1:], strict=True):
        members = pieces.members[start:stop]
        assert len(set(animal[members])) == 1
        assert instances.frame[members].tolist() == list(range(20))


def test_a_meeting_a_gap_and_a_leap_end_tracklets():
    meeting, _ = film([(f, f) for f in range(20)], [(f, 20 - f) for f in range(20)])  # they pass at frame 10
    assert tracklets.build_tracklets(outlined(meeting)).lengths.tolist() == [10, 10, 1, 1, 9, 9]
    gap, _ = film([(f, f) for f in range(20) if f != 7])
    assert tracklets.build_tracklets(outlined(gap)).lengths.tolist() == [7, 12]
    leap, _ = film([(f, f + 50 * (f >= 7)) for f in range(200)])
    assert tracklets.build_tracklets(outlined(leap)).lengths.tolist() == [7, 193]


@pytest.mark.parametrize("seed", range(5))
def test_tracklets_never_mix_animals(seed):
    instances, animal = walk(seed, animals=4, frames=1000, noise=0.5, arena=(400, 300))
    pieces = tracklets.build_tracklets(outlined(instances))
    assert sorted(pieces.members) == list(range(len(instances)))
    owners = [set(animal[pieces.members[a:b]]) for a, b in zip(pieces.starts[:-1], pieces.starts[1:], strict=True)]
    assert sum(len(owner) > 1 for owner in owners) <= 1
    assert np.quantile(pieces.lengths, 0.9) > 10


def test_chains_are_numbered_from_their_beginnings():
    assert tracklets.number_chains(np.array([2, -1, 4, -1, -1])).tolist() == [0, 1, 0, 2, 0]
