"""Doubles: poses on top of each other are found, whichever keypoint is where; animals that touch are not."""

import numpy as np
import pytest

from marey.tracking import doubles, tracklets
from marey.tracking.instances import Instances

from .walks import Cut, outlined

BODY = np.stack([np.linspace(0, 40, 9), 3.0 * (np.arange(9) % 2)], axis=1)


def scene(shift: tuple[float, float], *, turned: bool) -> Instances:
    """An animal in ten frames, and in three of them another pose, shifted and with its nose where the tail is."""
    other = (BODY[::-1] if turned else BODY) + shift
    rows = [(frame, BODY + 100) for frame in range(10)] + [(frame, other + 100) for frame in (4, 5, 6)]
    rows.sort(key=lambda row: row[0])
    return Instances(np.array([frame for frame, _ in rows]), np.array([pose for _, pose in rows], np.float32))


@pytest.mark.parametrize(
    ("shift", "turned", "found"), [((2, 2), True, 3), ((2, 2), False, 3), ((0, 15), False, 0), ((41, 0), True, 0)]
)
def test_the_shorter_of_two_that_lie_on_each_other_is_a_double(shift, turned, found):
    instances = scene(shift, turned=turned)
    poses = outlined(instances)
    second = np.append(False, np.diff(instances.frame) == 0)
    first = np.append(second[1:], False)
    members = np.append(np.flatnonzero(~second), np.flatnonzero(second))
    pieces = tracklets.Tracklets(members, np.array([0, 10, 13]))
    double = doubles.find_doubles(instances, poses, pieces)
    assert double.sum() == found
    assert double[second].sum() == found
    swapped = np.where(first[members], members + 1, np.where(second[members], members - 1, members))
    double = doubles.find_doubles(Cut(instances, 3), poses, tracklets.Tracklets(swapped, pieces.starts))
    assert double[first].sum() == double.sum() == found


def test_single_points_are_never_doubles():
    instances = Instances(np.array([0, 0]), np.zeros((2, 1, 2), np.float32))
    pieces = tracklets.Tracklets(np.array([0, 1]), np.array([0, 1, 2]))
    assert not doubles.find_doubles(instances, outlined(instances), pieces).any()
