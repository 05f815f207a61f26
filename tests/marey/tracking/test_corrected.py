"""Corrections, carried out on names: two animals in frames 0 to 5, of which one is in frames 0 to 2 under a third."""

import numpy as np
import pytest

from marey.tracking.corrected import CorrectionError, Moments, NamedPoses, doubtful_moments
from marey.tracking.tracker import Tracks

NONE = Moments(*[np.empty(0, np.int64)] * 5, np.empty(0))
FRAME = np.repeat(np.arange(6), 2)


def names():
    return NamedPoses(FRAME, np.array([0, 1] * 3 + [0, 2] * 2 + [0, -1]), ["a", "b", "c"], ("unique",))


def row(action, first, frame, second=None, until=None):
    return {"action": action, "first": first, "frame": frame, "second": second, "until": until}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], "ab ab ab ac ac a."),
        ([row("swap", "a", 2, "b")], "ab ab ba bc bc b."),
        ([row("swap", "a", 1, "b", until=2)], "ab ba ab ac ac a."),
        ([row("merge", "b", 0, "c")], "ab ab ab ab ab a."),
        ([row("merge", "b", 0, "c", until=4)], "ab ab ab ab ac a."),
        ([row("split", "a", 3, "d")], "ab ab ab dc dc d."),
        ([row("split", "a", 1, "d", until=3)], "ab db db ac ac a."),
        ([row("delete", "a", 4)], "ab ab ab ac .c .."),
        ([row("delete", "a", 0, until=1)], ".b ab ab ac ac a."),
        ([row("merge", "b", 0, "c"), row("swap", "b", 4, "a")], "ab ab ab ab ba b."),  # in order
        ([row("swap", "b", 4, "a"), row("merge", "a", 5, "b")], "ab ab ab ac bc a."),
        ([row("delete", "c", 0), row("split", "a", 5, "c")], "ab ab ab a. a. c."),  # a name that is free again
    ],
)
def test_actions(rows, expected):
    found = names()
    found.correct(rows, NONE)
    letters = np.array([*found.names, "."])[found.individual]
    assert " ".join("".join(pair) for pair in letters.reshape(-1, 2)) == expected


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row("delete", "d", 3)], "correction 1 (delete d, from frame 3): there is no individual 'd' at this point; "
            "there are: a, b, c."),
        ([row("merge", "b", 0, "c"), row("swap", "a", 2, "c", until=9)],
            "correction 2 (swap a c, from frame 2 until 9): there is no individual 'c' at this point; there are: a, b"),
        ([row("merge", "a", 1, "c")], "correction 1 (merge a c, from frame 1): both have a pose in frame 3 (2 such"),
        ([row("swap", "a", 99, "b")], "changes nothing: 'a' has no pose in these frames; it is seen in frames 0 to 5."),
        ([row("delete", "c", 0, until=3)], "'c' has no pose in these frames; it is seen in frames 3 to 4."),
        ([row("merge", "a", 5, "b")], "'b' has no pose in these frames; it is seen in frames 0 to 2."),
        ([row("split", "a", 1, "b")], "there is 'b' already; a split needs a new name"),
        ([row("split", "a", 1, "unique")], "there is 'unique' already"),
        ([row("delete", "unique", 1)], "there is no individual 'unique'"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_named(rows, message):
    with pytest.raises(CorrectionError) as error:
        names().correct(rows, NONE)
    assert message in str(error.value)


def test_the_names_that_came_in_stay():
    given = np.array([0, 1])
    NamedPoses(np.array([0, 0]), given, ["a", "b"]).correct([row("swap", "a", 0, "b")], NONE)
    assert given.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("rows", "settled"),
    [
        ([row("swap", "a", 3, "c")], True),
        ([row("swap", "c", 2, "a")], True),
        ([row("swap", "a", 1, "c")], False),
        ([row("swap", "a", 4, "c")], False),
        ([row("swap", "a", 3, "b")], False),
        ([row("split", "c", 3, "d")], True),
        ([row("split", "b", 2, "d")], False),
        ([row("delete", "c", 3)], False),
        ([row("swap", "b", 0, "c"), row("swap", "a", 3, "b")], True),  # by the names of that point
    ],
)
def test_what_settles_a_moment(rows, settled):
    one = np.array([6])  # instances 6 and 7 are a and c in frame 3; unsure from frame 2
    doubtful = Moments(one, one + 1, np.array([2]), np.array([3]), np.array([3]), np.array([0.4]))
    assert names().correct(rows, doubtful).tolist() == [settled]


def test_links_that_are_exchanged_for_each_other_are_one_moment():
    doubt, partner = np.zeros(12), np.full(12, -1)
    doubt[[2, 5]], partner[[2, 5]] = 0.3, (5, 2)  # a pair, frames 1 and 2
    doubt[9], partner[9] = 0.009, 8  # too sure
    doubt[[10, 7]], partner[[10, 7]] = (0.02, 0.2), (7, 4)  # 7 may rather be exchanged with 4
    since = np.zeros(12, np.int64)
    found = doubtful_moments(Tracks(np.zeros(12, np.int64), doubt, partner, since, FRAME))
    assert list(zip(found.first.tolist(), found.second.tolist(), strict=True)) == [(2, 5), (4, 7), (7, 10)]
    assert found.probability.tolist() == [0.3, 0.2, 0.02]
    assert (found.frame.tolist(), found.until.tolist()) == ([1, 2, 3], [2, 3, 5])
