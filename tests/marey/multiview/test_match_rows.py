"""Names, margins and doubts, of evidence that is made by hand."""

import numpy as np
import pytest

from marey.multiview.clock import Clock
from marey.multiview.evidence import Evidence
from marey.multiview.match_rows import Blocks, match_rows, name_individuals

FRAMES = np.tile(np.arange(100)[:, None], (1, 2)).astype(np.int32)
FRAMES[:, 1] -= 5
BLOCKS = Blocks(Clock(("a", "b"), np.arange(100) / 10, np.maximum(FRAMES, -1)), 10, 0.1)


def rows(score, label):
    """Rows of two cameras with two tracks each; `score` f64[2, 2, block] of each of a with each of b."""
    first, second, block = (part.ravel() for part in np.indices(score.shape))
    evidence = Evidence(
        camera=np.array([0, 0, 1, 1]),
        name=np.array([0, 1, 0, 1]),
        frames=np.array([100, 80, 95, 95]),
        apart=np.zeros((4, 4), bool),
        pair=np.stack([first, 2 + second], axis=1),
        block=block,
        score=score.ravel(),
        away=np.where(first == second, 12.0, 50.0),
        times=np.full(len(block), 10),
    )
    found = match_rows(evidence, np.array(label), ("a", "b"), ["x", "y", "x", "y"], BLOCKS)
    return found.set_index(["camera", "track"])


def test_a_track_that_always_fits_has_a_margin_near_one():
    score = np.where(np.eye(2, dtype=bool)[..., None], 3.0, -2.0) * np.ones(10)
    found = rows(score, [0, 1, 0, 1])
    assert found["individual"].tolist() == ["x", "y", "x", "y"]
    assert found["margin"].to_numpy() == pytest.approx(50 / 53)
    assert found["other"].tolist() == ["y", "x", "y", "x"]
    assert found["cost"].to_numpy() == pytest.approx(1.2)
    assert found["shared"].to_numpy() == pytest.approx(10.0)
    assert found["doubt_start"].isna().all()
    assert found["frames"].tolist() == [100, 80, 95, 95]


def test_a_track_that_changes_the_animal_is_listed_with_its_frames():
    score = np.where(np.eye(2, dtype=bool)[..., None], 3.0, -2.0) * np.where(np.arange(10) < 7, 1, -1)
    found = rows(score, [0, 1, 0, 1])
    assert found["margin"].to_numpy() == pytest.approx(20 / 53)
    assert found.loc[("a", "x"), ["doubt_start", "doubt_stop"]].tolist() == [70, 100]
    assert found.loc[("b", "y"), ["doubt_start", "doubt_stop"]].tolist() == [65, 95]


def test_nobody_and_lone_individuals_are_ordinary():
    found = rows(np.full((2, 2, 10), -2.0), [0, -1, 1, 2])
    assert found["individual"].tolist()[0] == "x"
    assert found["individual"].isna().tolist() == [False, True, False, False]
    assert found.loc[("a", "y"), "margin"] == 0
    assert found["cost"].isna().all()
    assert (found["shared"] == 0).all()


def test_individuals_are_called_as_most_of_their_tracks():
    label, names, frames = [0, 1, 0, 1, 0, 2], ["b", "a", "a", "b", "b", "a"], [10, 10, 10, 10, 10, 5]
    assert name_individuals(np.array(label), names, np.array(frames)) == ["b", "a", "animal1"]
    taken = ["animal1", "animal2", "animal1"]
    assert name_individuals(np.array([0, 1, 2]), taken, np.array([5, 5, 1])) == ["animal1", "animal2", "animal3"]
    assert name_individuals(np.array([-1, 0]), ["a", "b"], np.array([9, 1])) == ["b"]
