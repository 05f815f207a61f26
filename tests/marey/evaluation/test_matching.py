"""Matching of predicted to labelled animals, on truth made by hand."""

import itertools

import numpy as np
import pandas as pd
import pytest

from marey.evaluation import matching
from marey.tables import files
from marey.tables.predictions import PREDICTIONS

KEYPOINTS = ["snout", "ear", "tail"]
SHAPE = np.array([[0, 0], [10, 20], [60, 10]], float)
NAN = np.nan


def at(*places, move=(0.0, 0.0)) -> np.ndarray:
    """Animals f64[n, 3, 2] at these places."""
    return np.array([SHAPE + place + np.array(move) for place in places]).reshape(-1, 3, 2)


def test_each_is_matched_to_the_nearest():
    truth, found = at((0, 0), (200, 0), (0, 200)), at((202, 1), (1, 203), (-2, 1))
    assert matching.match_animals(truth, found, np.ones(3)).tolist() == [1, 2, 0]


def test_the_sum_is_greatest_not_the_first_choice():
    # The first is nearest to the animal at 0, but the second has no other: taking 0 and 14 gains more than 0 alone.
    truth, found = at((0, 0), (14, 0)), at((5, 0), (-8, 0))
    near = matching.oks.similarity(truth, found, sigma=0.1)
    assert near[0, 0] > near[0, 1]
    assert near[0, 1] + near[1, 0] > near[0, 0] + near[1, 1]
    assert matching.match_animals(truth, found, np.ones(2)).tolist() == [1, 0]


@pytest.mark.parametrize("seed", range(10))
def test_the_sum_is_that_of_the_best_of_all_matchings(seed):
    chance = np.random.default_rng(seed)
    truth, found = at(*chance.uniform(0, 60, (4, 2))), at(*chance.uniform(0, 60, (3, 2)))
    near = matching.oks.similarity(truth, found, sigma=0.1)
    best = max(sum(near[row, column] for column, row in enumerate(p)) for p in itertools.permutations(range(4), 3))
    owner = matching.match_animals(truth, found, np.ones(3))
    assert near[owner, np.arange(3)][owner >= 0].sum() == pytest.approx(best, abs=1e-5)
    assert len(set(owner[owner >= 0])) == (owner >= 0).sum()


def test_each_is_matched_once_and_the_surer_of_two_equals():
    truth, found = at((0, 0)), at((1, 1), (1, 1))
    assert matching.match_animals(truth, found, np.array([0.5, 0.9])).tolist() == [-1, 0]
    assert matching.match_animals(truth, found, np.array([0.9, 0.5])).tolist() == [0, -1]


def test_what_is_nowhere_near_does_not_match():
    assert matching.match_animals(at((0, 0)), at((500, 500)), np.ones(1)).tolist() == [-1]


def test_animals_without_positions_match_nothing():
    truth = np.concatenate([np.full((1, 3, 2), NAN), at((0, 0))])
    found = np.concatenate([at((0, 0)), np.full((1, 3, 2), NAN)])
    assert matching.match_animals(truth, found, np.ones(2)).tolist() == [1, -1]
    assert matching.match_animals(truth[:1], found, np.ones(2)).tolist() == [-1, -1]
    assert matching.match_animals(truth[:0], found, np.ones(2)).tolist() == [-1, -1]
    assert matching.match_animals(truth, found[:0], np.ones(0)).tolist() == []


def test_parts_of_animals_match():
    truth, found = at((0, 0), (100, 0)), at((101, 0), (0, 1))
    truth[0, :2], found[0, 1:] = NAN, NAN
    assert matching.match_animals(truth, found, np.ones(2)).tolist() == [1, 0]


def test_an_object_of_one_keypoint_matches_within_an_animals_size():
    truth = np.concatenate([at((0, 0)), np.full((1, 3, 2), NAN)])
    truth[1, 1] = 300, 300
    found = np.full((1, 3, 2), NAN)
    found[0, 1] = 303, 300
    assert matching.match_animals(truth, found, np.ones(1)).tolist() == [-1]
    assert matching.match_animals(truth, found, np.ones(1), lone=1200.0).tolist() == [1]


def rows_of(truth, found, *, owners=None, frames=1, names=None, confidence=None, visibility=None):
    """`matched_rows` of animals f[t, 3, 2] and f[f, 3, 2], all in one frame unless `owners` (two lists) says where."""
    owners = owners or ([0] * len(truth), [0] * len(found))
    names = names or [f"m{index + 1}" for index in range(len(truth))]
    place = [{"video": "v", "frame": 10 * f, "part": "test", "group": f"g{f}"} for f in range(frames)]
    visibility = np.where(np.isfinite(truth[..., 0]), 0, 2) if visibility is None else visibility
    labelled = matching.LabelledAnimals(
        np.array(owners[0], int), names, truth.astype(np.float32), visibility.astype(np.int8)
    )
    confidence = np.full(found.shape[:2], 0.9, np.float32) if confidence is None else confidence
    spread = np.full(found.shape[:2], 1.5, np.float32)
    seen = matching.PredictedAnimals(np.array(owners[1], int), found.astype(np.float32), confidence, spread)
    return matching.matched_rows(pd.DataFrame(place), labelled, seen, KEYPOINTS)


def test_rows_of_matched_missed_and_spurious_animals():
    truth, found = at((0, 0), (200, 0)), at((400, 400), (202, 1), (800, 0))
    found[1, 2] = NAN
    rows = rows_of(truth, found).set_index(["individual", "keypoint"])
    assert rows.index.get_level_values(0).unique().tolist() == ["m1", "m2", "spurious1", "spurious2"]
    missed = rows.loc["m1"]
    assert missed[["x", "y", "spread"]].isna().all(axis=None)
    assert missed["confidence"].tolist() == [0, 0, 0]
    assert missed["true_x"].tolist() == [0, 10, 60]
    matched = rows.loc["m2"]
    np.testing.assert_array_equal(matched["x"], [202, 212, NAN])
    np.testing.assert_array_equal(matched["confidence"], np.float32([0.9, 0.9, 0]))
    np.testing.assert_array_equal(matched["spread"], [1.5, 1.5, NAN])
    assert matched["true_x"].tolist() == [200, 210, 260]
    for name, x in (("spurious1", 400), ("spurious2", 800)):
        false = rows.loc[name]
        assert false["x"].tolist() == [x, x + 10, x + 60]
        assert false[["true_x", "true_y"]].isna().all(axis=None)
        assert set(false["visibility"]) == {"absent"}
    assert set(rows["part"]) == {"test"}


def test_rows_of_several_frames_in_any_order(tmp_path):
    truth, found = at((0, 0), (0, 0), (100, 0)), at((900, 0), (101, 0), (1, 0), (2, 0), (500, 0))
    rows = rows_of(truth, found, owners=([2, 0, 2], [1, 2, 2, 0, 0]), frames=4, names=["b", "a", "a"])
    heads = rows[rows["keypoint"] == "snout"]
    assert heads[["frame", "group", "individual", "x", "true_x"]].fillna(-1).values.tolist() == [
        [0, "g0", "a", 2, 0],
        [0, "g0", "spurious1", 500, -1],
        [10, "g1", "spurious1", 900, -1],
        [20, "g2", "a", 101, 100],
        [20, "g2", "b", 1, 0],
    ]
    files.write(tmp_path / "p.parquet", rows, PREDICTIONS)
    pd.testing.assert_frame_equal(files.read(tmp_path / "p.parquet", PREDICTIONS), rows, check_dtype=False)


def test_visibilities_are_named():
    rows = rows_of(at((0, 0)), at((0, 0)), visibility=np.array([[0, 1, 3]]))
    assert rows["visibility"].tolist() == ["visible", "occluded", "unlabelled"]


@pytest.mark.parametrize(("labelled", "seen"), [(0, 0), (2, 0), (0, 2)])
def test_frames_without_animals(labelled, seen):
    rows = rows_of(at(*[(0, 0), (100, 0)][:labelled]), at(*[(0, 0), (100, 0)][:seen]))
    assert len(rows) == 3 * (labelled + seen)
    assert rows["x"].notna().sum() == 3 * seen


def test_a_label_called_like_a_spurious_animal_is_refused():
    with pytest.raises(ValueError, match="frame 0 of video 'v': the labelled animal 'spurious3'"):
        rows_of(at((0, 0)), at((0, 0)), names=["spurious3"])


def test_a_thousand_frames_keep_their_animals():
    chance = np.random.default_rng(0)
    owner = np.repeat(np.arange(1000), 4)
    truth = at(*chance.uniform(0, 1000, (4000, 2)))
    found = truth + chance.normal(0, 2, truth.shape)
    rows = rows_of(truth, found, owners=(owner, owner), frames=1000, names=["a", "b", "c", "d"] * 1000)
    assert len(rows) == 12000
    assert np.hypot(rows["x"] - rows["true_x"], rows["y"] - rows["true_y"]).max() < 12
