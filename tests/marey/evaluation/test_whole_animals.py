"""Metrics of whole animals: against pycocotools, brute-force resampling, and cases counted by hand."""

import numpy as np
import pandas as pd
import pytest

from marey.evaluation import evaluate_model, matching, oks, whole_animals
from marey.tables.pooled import POOLED

from ..coco import by_coco

CONFIG = {"confidence_cut": 0.6, "pck_pixels": [5], "pck_body": [0.1], "bootstrap": 200}
KEYPOINTS = ["snout", "ear", "tail"]
SHAPE = np.array([[0, 0], [10, 20], [60, 10]], float)
NAMES = ["oks_map@0.025", "oks_mar@0.025", "oks_map@0.1", "oks_mar@0.1", "missed_animals", "spurious_animals"]


def table_of(truth, found, owners, confidence, *, part="test", groups=5) -> pd.DataFrame:
    """Table `pooled` of animals f[t, 3, 2] and f[f, 3, 2] in the frames `owners` (two lists), matched."""
    count = 1 + max([*owners[0], *owners[1]], default=-1)
    frames = pd.DataFrame({"video": "v", "frame": np.arange(count), "part": part})
    frames["group"] = [f"g{frame % groups}" for frame in range(count)]
    names = [f"m{index}" for index in range(len(truth))]
    visibility = np.where(np.isfinite(truth[..., 0]), 0, 3).astype(np.int8)
    labelled = matching.LabelledAnimals(np.array(owners[0], int), names, truth.astype(np.float32), visibility)
    seen = matching.PredictedAnimals(
        np.array(owners[1], int), found.astype(np.float32), confidence, np.full_like(confidence, np.nan)
    )
    rows = matching.matched_rows(frames, labelled, seen, KEYPOINTS)
    rows = rows.assign(raw_confidence=rows["confidence"], sigma_px=2.0, tolerance=10.0)
    return rows[POOLED.names]


def random_table(seed: int, frames: int = 40, *, groups: int = 5) -> pd.DataFrame:
    """Up to four animals a frame of which some are found well, some badly, some not, and some that are not there."""
    chance = np.random.default_rng(seed)
    truth, found, owners = [], [], ([], [])
    for frame in range(frames):
        for _ in range(chance.integers(0, 5)):
            animal = SHAPE + chance.uniform(50, 600, 2)
            truth.append(np.where(chance.random((3, 1)) < 0.1, np.nan, animal))
            owners[0].append(frame)
            if chance.random() < 0.8:
                seen = animal + chance.normal(0, chance.choice([0.3, 1, 6]), (3, 2))
                found.append(np.where(chance.random((3, 1)) < 0.1, np.nan, seen))
                owners[1].append(frame)
        for _ in range(chance.poisson(0.2)):
            found.append(SHAPE + chance.uniform(50, 600, 2))
            owners[1].append(frame)
    confidence = chance.uniform(0.2, 1, (len(found), 3)).astype(np.float32)
    return table_of(np.array(truth), np.array(found), owners, confidence, groups=groups)


def figure(rows: pd.DataFrame, metric: str, cut: float = 0.0, part: str = "test") -> pd.Series:
    chosen = rows[(rows["metric"] == metric) & np.isclose(rows["cut"], cut) & (rows["keypoint"] == "all")]
    chosen = chosen[chosen["part"] == part]
    assert len(chosen) == 1
    return chosen.iloc[0]


def frames_of(table: pd.DataFrame, cut: float) -> list[oks.FrameAnimals]:
    """The frames of a table, the slow way."""
    frames = []
    for _, here in table.groupby(["video", "frame"]):
        truth, found, score = [], [], []
        for _, animal in here.groupby("individual"):
            animal = animal.set_index("keypoint").loc[KEYPOINTS]
            if animal["true_x"].notna().any():
                truth.append(animal[["true_x", "true_y"]].to_numpy(float))
            seen = animal.where(animal["confidence"] >= cut)
            if seen["x"].notna().any():
                found.append(seen[["x", "y"]].to_numpy(float))
                score.append(seen["confidence"].sum())
        shape = (-1, 3, 2)
        frames.append(oks.FrameAnimals(np.reshape(truth, shape), np.reshape(found, shape), np.array(score, float)))
    return frames


@pytest.mark.parametrize("cut", [0.0, 0.6])
@pytest.mark.parametrize("sigma", [0.025, 0.1])
def test_averages_are_those_of_pycocotools(sigma, cut):
    table = random_table(1)
    several = table.groupby(["frame", "individual"])["true_x"].transform("count")
    table.loc[several == 1, ["true_x", "true_y"]] = np.nan  # animals of one keypoint are larger than COCO's
    found = evaluate_model.model_metrics(table, config=CONFIG, seed=0)
    found = [figure(found, f"oks_{kind}@{sigma:g}", cut)["value"] for kind in ("map", "mar")]
    assert 0.01 < found[0] < 0.99
    assert found == pytest.approx(by_coco(frames_of(table, np.float32(cut)), sigma), abs=1e-9)


def test_intervals_are_those_of_frames_that_are_repeated():
    table = random_table(2, 30, groups=6)
    rows = evaluate_model.model_metrics(table, config=CONFIG, seed=3)
    frames, groups = frames_of(table, 0), table.groupby("frame")["group"].first().to_numpy()
    names = sorted(set(groups))
    drawn = {name: [] for name in NAMES}
    lone = oks.lone_area(np.concatenate([frame.truth for frame in frames]))
    for draw in evaluate_model.draw_groups(len(names), 200, seed=3):
        chosen = [f for f, g in zip(frames, groups, strict=True) for _ in range(draw[names.index(g)])]
        for sigma in (0.025, 0.1):
            judged = oks.judge_animals(chosen, sigma=sigma, lone=lone)
            precision, recall = oks.weighted_averages(judged, np.ones((1, len(chosen))))
            drawn[f"oks_map@{sigma:g}"].append(precision[0])
            drawn[f"oks_mar@{sigma:g}"].append(recall[0])
        hits = [(matching.match_animals(*frame, lone=lone) >= 0).sum() for frame in chosen]
        animals, seen = sum(len(frame.truth) for frame in chosen), sum(len(frame.found) for frame in chosen)
        drawn["missed_animals"].append(1 - sum(hits) / animals)
        drawn["spurious_animals"].append((seen - sum(hits)) / animals)
    for name, values in drawn.items():
        expected = np.quantile(values, evaluate_model.interval_levels(6))
        np.testing.assert_allclose(figure(rows, name)[["low", "high"]].astype(float), expected, rtol=1e-6)


def at(*places) -> np.ndarray:
    return np.array([SHAPE + place for place in places]).reshape(-1, 3, 2)


def test_counted_by_hand():
    # Frame 0: two animals, one found exactly, one missed, one spurious. Frame 1: one, found exactly and unsurely.
    truth, found = at((0, 0), (200, 0), (0, 0)), at((0, 0), (600, 0), (0, 0))
    confidence = np.array([[0.9, 0.9, 0.5], [0.7, 0.5, 0.5], [0.5, 0.5, 0.5]], np.float32)
    rows = evaluate_model.model_metrics(
        table_of(truth, found, ([0, 0, 1], [0, 0, 1]), confidence), config=CONFIG, seed=0
    )
    assert len(rows[rows["metric"].isin(NAMES)]) == 2 * len(NAMES)
    assert figure(rows, "missed_animals")["value"] == pytest.approx(1 / 3)
    assert figure(rows, "spurious_animals")["value"] == pytest.approx(1 / 3)
    assert tuple(figure(rows, "missed_animals")[["points", "groups", "unit"]]) == (3, 2, "fraction")
    # Right, wrong, right by score: precision 1 up to a recall of 1/3 (34 of 101 places), 2/3 up to 2/3 (33 more).
    assert figure(rows, "oks_map@0.1")["value"] == pytest.approx((34 + 33 * 2 / 3) / 101)
    assert figure(rows, "oks_mar@0.1")["value"] == pytest.approx(2 / 3)
    # At the cut the unsure animal is gone, and the sure one has two keypoints of three: its OKS is 2/3.
    assert figure(rows, "missed_animals", 0.6)["value"] == pytest.approx(2 / 3)
    assert figure(rows, "spurious_animals", 0.6)["value"] == pytest.approx(1 / 3)
    assert figure(rows, "oks_mar@0.1", 0.6)["value"] == pytest.approx(4 / 10 / 3)
    missing = figure(rows, "missing_rate")
    assert missing["value"] == pytest.approx(3 / 9)
    assert missing["points"] == 9


def test_spurious_positions_are_wrong_for_the_calibration_error_and_for_nothing_else():
    truth, found = at((0, 0)), at((0, 0), (300, 0))
    confidence = np.full((2, 3), 0.95, np.float32)
    rows = evaluate_model.model_metrics(table_of(truth, found, ([0], [0, 0]), confidence), config=CONFIG, seed=0)
    assert figure(rows, "calibration_error")["value"] == pytest.approx(0.45)
    assert figure(rows, "calibration_error")["points"] == 6
    assert figure(rows, "mean_error")["value"] == 0
    assert figure(rows, "mean_error")["points"] == figure(rows, "sigma_ratio")["points"] == 3
    assert figure(rows, "pck@0.1body")["value"] == 1


def test_an_object_of_one_keypoint_is_found_within_an_animals_size():
    truth, found = at((0, 0), (300, 0)), at((0, 0), (300, 2))
    truth[1, 1:] = found[1, 1:] = np.nan
    rows = evaluate_model.model_metrics(
        table_of(truth, found, ([0, 0], [0, 0]), np.ones((2, 3), np.float32)), config=CONFIG, seed=0
    )
    assert figure(rows, "missed_animals")["value"] == figure(rows, "spurious_animals")["value"] == 0
    assert figure(rows, "oks_mar@0.1")["value"] > 0.9


@pytest.mark.parametrize("labelled", [True, False])
def test_nothing_found_or_nothing_labelled(labelled):
    animals, none = at((0, 0), (200, 0)), np.empty((0, 3, 2))
    sides = (animals, none) if labelled else (none, animals)
    owners = ([0, 0], []) if labelled else ([], [0, 0])
    rows = evaluate_model.model_metrics(
        table_of(*sides, owners, np.ones((len(sides[1]), 3), np.float32)), config=CONFIG, seed=0
    )
    values = [figure(rows, name)["value"] for name in NAMES]
    np.testing.assert_array_equal(values, [0, 0, 0, 0, 1, 0] if labelled else [np.nan] * 6)
    assert figure(rows, "missed_animals")["points"] == (2 if labelled else 0)


def test_one_animal_a_frame_has_no_figures_of_animals():
    truth, found = at((0, 0), (200, 0)), at((0, 0), (200, 0))
    table = table_of(truth, found, ([0, 1], [0, 1]), np.ones((2, 3), np.float32))
    rows = evaluate_model.model_metrics(table, config=CONFIG, seed=0)
    assert not rows["metric"].isin(NAMES).any()
    other = table_of(truth, found, ([0, 0], [0, 0]), np.ones((2, 3), np.float32), part="train").assign(video="w")
    rows = evaluate_model.model_metrics(pd.concat([table, other], ignore_index=True), config=CONFIG, seed=0)
    assert set(rows.loc[rows["metric"].isin(NAMES), "part"]) == {"train", "test"}  # one frame is enough for all


def test_labelled_animals_are_counted_by_frame():
    scenes = whole_animals.animals_by_frame(random_table(3))
    table = random_table(3)
    shown = table[table["true_x"].notna()].groupby("frame")["individual"].nunique()
    expected = shown.reindex(sorted(table["frame"].unique()), fill_value=0)
    assert whole_animals.count_labelled(scenes).tolist() == expected.tolist()
