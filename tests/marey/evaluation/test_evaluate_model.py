"""Metrics against hand-computed cases, scikit-learn, SciPy and brute-force resampling."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap
from sklearn.metrics import mean_squared_error

from marey.evaluation import evaluate_model
from marey.tables import files
from marey.tables.metrics import METRICS
from marey.tables.pooled import POOLED

CONFIG = {"confidence_cut": 0.6, "pck_pixels": [2, 5, 10], "pck_body": [0.05, 0.1], "bootstrap": 200}


def make_predictions(rows: list[tuple], sigma=np.nan) -> pd.DataFrame:
    """(part, group, frame, keypoint, true_x, true_y, x, y, confidence) per row, labels visible."""
    names = ["part", "group", "frame", "keypoint", "true_x", "true_y", "x", "y", "confidence"]
    table = pd.DataFrame(rows, columns=names).assign(individual="mouse", visibility="visible")
    table["video"] = table["group"]
    table = table.assign(raw_confidence=table["confidence"], spread=np.nan, sigma_px=sigma, tolerance=10.0)
    for name in ("true_x", "true_y", "x", "y", "confidence"):
        table[name] = table[name].astype(np.float32)
    return table[POOLED.names]


def random_predictions(seed: int, frames: int, groups: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for frame in range(frames):
        for keypoint in ("snout", "tail"):
            true = rng.uniform(0, 300, 2)
            found = true + rng.normal(0, 3, 2) if rng.random() > 0.1 else (np.nan, np.nan)
            rows.append(("test", f"g{frame % groups}", frame, keypoint, *true, *found, rng.random()))
    return make_predictions(rows)


def figure(table: pd.DataFrame, metric: str, *, part="test", keypoint="all", cut=0.0) -> pd.Series:
    chosen = table[(table["part"] == part) & (table["keypoint"] == keypoint) & (table["metric"] == metric)]
    chosen = chosen[np.isclose(chosen["cut"], cut)]
    assert len(chosen) == 1
    return chosen.iloc[0]


# Body length 100 px (snout to tail in both frames); errors 3, 4, 5 px and one missing; confidences around the cut.
HAND = make_predictions(
    [
        ("test", "a", 0, "snout", 10, 10, 13, 10, 0.9),
        ("test", "a", 0, "tail", 110, 10, 110, 14, 0.5),
        ("test", "b", 1, "snout", 50, 50, 53, 54, 0.6),
        ("test", "b", 1, "tail", 150, 50, np.nan, np.nan, 0.0),
    ]
)


@pytest.mark.parametrize(
    ("metric", "cut", "expected"),
    [
        ("mean_error", 0.0, 4.0),
        ("rmse", 0.0, np.sqrt(50 / 3)),
        ("median_error", 0.0, 4.0),
        ("p90", 0.0, 4.8),
        ("p95", 0.0, 4.9),
        ("pck@2px", 0.0, 0.0),
        ("pck@5px", 0.0, 0.75),  # 5 px are within 5 px; the missing point is incorrect
        ("pck@10px", 0.0, 0.75),
        ("pck@0.05body", 0.0, 0.75),
        ("pck@0.1body", 0.0, 0.75),
        ("missing_rate", 0.0, 0.25),
        ("mean_error", 0.6, 4.0),  # 3 and 5; a confidence equal to the cut stays
        ("rmse", 0.6, np.sqrt(17)),
        ("pck@5px", 0.6, 0.5),
        ("missing_rate", 0.6, 0.5),
    ],
)
def test_hand_computed(metric, cut, expected):
    result = evaluate_model.model_metrics(HAND, config=CONFIG, seed=0)
    assert figure(result, metric, cut=cut)["value"] == pytest.approx(expected)


def test_counts_of_points_and_groups():
    result = evaluate_model.model_metrics(HAND, config=CONFIG, seed=0)
    assert tuple(figure(result, "mean_error")[["points", "groups"]]) == (3, 2)
    assert tuple(figure(result, "missing_rate")[["points", "groups"]]) == (4, 2)
    tail = figure(result, "mean_error", keypoint="tail", cut=0.6)  # nothing left above the cut
    assert tuple(tail[["points", "groups"]]) == (0, 0)
    assert np.isnan(tail[["value", "low", "high"]].astype(float)).all()


def test_labels_that_do_not_count():
    table = pd.concat([HAND] * 4, ignore_index=True)
    table["individual"] = np.repeat(["one", "two", "three", "four"], len(HAND))
    table.loc[4:7, "visibility"] = "absent"
    table.loc[8:11, "visibility"] = "unlabelled"
    table.loc[12:15, "visibility"] = "occluded"
    table.loc[4:11, ["true_x", "true_y"]] = np.nan
    result = evaluate_model.model_metrics(table, config=CONFIG, seed=0)
    assert figure(result, "missing_rate")["points"] == 8  # visible and occluded
    assert figure(result, "mean_error")["value"] == pytest.approx(4)


def test_against_scikit_learn_and_numpy():
    table = random_predictions(0, 80, 8)
    result = evaluate_model.model_metrics(table, config=CONFIG, seed=0)
    found = table.dropna(subset=["x"])
    true, guess = found[["true_x", "true_y"]].astype(float), found[["x", "y"]].astype(float)
    squared = mean_squared_error(true, guess) * 2  # scikit-learn averages over x and y
    assert figure(result, "rmse")["value"] == pytest.approx(np.sqrt(squared))
    distance = np.linalg.norm(true.to_numpy() - guess.to_numpy(), axis=1)
    for name, level in (("median_error", 50), ("p90", 90), ("p95", 95)):
        assert figure(result, name)["value"] == pytest.approx(np.percentile(distance, level))


def test_resampled_quantiles_are_those_of_repeated_values():
    rng = np.random.default_rng(1)
    values, groups = rng.exponential(3, 50), rng.integers(0, 6, 50)
    resamples = evaluate_model.draw_groups(6, 40, seed=3)
    resamples[7] = 0
    got = evaluate_model.resampled_quantiles(values, groups, resamples, [0.5, 0.9, 0.95])
    for row, weights in zip(got, resamples, strict=True):
        repeated = np.repeat(values, weights[groups])
        expected = np.quantile(repeated, [0.5, 0.9, 0.95]) if len(repeated) else np.nan
        np.testing.assert_allclose(row, expected)


def test_small_blocks_change_nothing(monkeypatch):
    table = random_predictions(2, 40, 5)
    whole = evaluate_model.model_metrics(table, config=CONFIG, seed=0)
    monkeypatch.setattr(evaluate_model, "MAX_CUMULATED_WEIGHTS", 100)
    pd.testing.assert_frame_equal(evaluate_model.model_metrics(table, config=CONFIG, seed=0), whole)


def test_intervals_are_those_of_brute_force_resampling_of_groups():
    table = random_predictions(3, 60, 6)
    result = evaluate_model.model_metrics(table, config=CONFIG, seed=7)
    draws = evaluate_model.draw_groups(6, 200, seed=7)
    names = sorted(table["group"].unique())
    values = {"mean_error": [], "p90": [], "pck@5px": []}
    for draw in draws:
        chosen = pd.concat(
            [table[table["group"] == name] for name, n in zip(names, draw, strict=True) for _ in range(n)]
        )
        distance = np.hypot(chosen["x"] - chosen["true_x"], chosen["y"] - chosen["true_y"])
        values["mean_error"].append(distance.mean())
        values["p90"].append(distance.quantile(0.9))
        values["pck@5px"].append((distance <= 5).mean())
    for name, drawn in values.items():
        expected = np.quantile(drawn, evaluate_model.interval_levels(6))
        np.testing.assert_allclose(figure(result, name)[["low", "high"]].astype(float), expected, rtol=1e-5)


def test_groups_of_one_point_give_scipys_bootstrap():
    rng = np.random.default_rng(4)
    errors = rng.exponential(4, 60)
    rows = [("test", f"g{i}", i, "snout", 0, 0, error, 0, 1.0) for i, error in enumerate(errors)]
    result = evaluate_model.model_metrics(make_predictions(rows), config=CONFIG | {"bootstrap": 4000}, seed=0)
    level = np.diff(evaluate_model.interval_levels(60)).item()
    options = {"n_resamples": 4000, "method": "percentile", "confidence_level": level, "rng": 1}
    expected = bootstrap((errors,), np.mean, **options).confidence_interval
    got = figure(result, "mean_error")
    assert got["low"] == pytest.approx(expected.low, rel=0.04)
    assert got["high"] == pytest.approx(expected.high, rel=0.04)


def test_alike_frames_of_a_group_widen_the_interval():
    rng = np.random.default_rng(5)
    error = np.repeat(rng.exponential(4, 10), 20)
    rows = [("test", f"g{i // 20}", i, "snout", 0, 0, e, 0, 1.0) for i, e in enumerate(error)]
    table = make_predictions(rows)
    alone = table.assign(group=[f"frame{i}" for i in range(len(table))])
    width = {}
    for name, rows in (("grouped", table), ("alone", alone)):
        got = figure(evaluate_model.model_metrics(rows, config=CONFIG, seed=0), "mean_error")
        width[name] = got["high"] - got["low"]
    assert width["grouped"] > 3 * width["alone"]


@pytest.mark.parametrize("groups", [1, 2, 5, 6, 12])
def test_intervals_are_there_from_six_groups_on(groups):
    result = evaluate_model.model_metrics(random_predictions(8, 60, groups), config=CONFIG, seed=0)
    shown = figure(result, "mean_error")
    assert shown["groups"] == groups
    assert np.isfinite(shown[["value", "low", "high"]].astype(float)).tolist() == [True, groups >= 6, groups >= 6]


def test_intervals_of_normal_means_cover_them_about_95_times_in_a_hundred():
    rng, covered = np.random.default_rng(11), {}
    for groups in (6, 8, 20):
        values = rng.normal(size=(400, groups))
        weights = evaluate_model.draw_groups(groups, 500, seed=1) / groups
        low, high = np.quantile(values @ weights.T, evaluate_model.interval_levels(groups), axis=1)
        covered[groups] = ((low <= 0) & (high >= 0)).mean()
    assert all(0.9 < part < 0.98 for part in covered.values()), covered


def test_parts_are_apart_and_seeded():
    table = pd.concat([random_predictions(6, 30, 6), random_predictions(7, 30, 6).assign(part="train")])
    table.loc[table["part"] == "train", "video"] += "t"
    result = evaluate_model.model_metrics(table, config=CONFIG, seed=1)
    assert list(result["part"].unique()) == ["train", "test"]
    pd.testing.assert_frame_equal(evaluate_model.model_metrics(table, config=CONFIG, seed=1), result)
    alone = evaluate_model.model_metrics(table[table["part"] == "test"], config=CONFIG, seed=1)
    got, expected = figure(result, "mean_error"), figure(alone, "mean_error")
    assert (got["value"], got["low"]) == pytest.approx((expected["value"], expected["low"]))
    other = figure(evaluate_model.model_metrics(table, config=CONFIG, seed=2), "mean_error")
    assert other["value"] == got["value"]
    assert other["low"] != got["low"]


def test_without_a_body_length_its_fractions_are_unknown():
    rows = [("test", "a", frame, "snout", 0, 0, 0, 0, 1) for frame in range(3)]
    result = evaluate_model.model_metrics(make_predictions(rows), config=CONFIG, seed=0)
    assert np.isnan(figure(result, "pck@0.1body")["value"])


def test_calibration_error_and_sigma_by_hand():
    # Within 10 px are the errors 3, 4 and 5, not 20; the fifth is missing. Confidence bins: [0.9, 1], [0.5, 0.6).
    rows = [
        ("test", "a", 0, "snout", 0, 0, 3, 0, 0.95),
        ("test", "a", 1, "snout", 0, 0, 0, 4, 0.95),
        ("test", "b", 2, "snout", 0, 0, 5, 0, 0.5),
        ("test", "b", 3, "snout", 0, 0, 20, 0, 0.55),
        ("test", "b", 4, "snout", 0, 0, np.nan, np.nan, 0.0),
    ]
    result = evaluate_model.model_metrics(make_predictions(rows, sigma=3.5), config=CONFIG, seed=0)
    assert figure(result, "calibration_error")["value"] == pytest.approx((0.1 + 0.05) / 4, abs=1e-6)
    assert figure(result, "sigma_ratio")["value"] == pytest.approx(np.sqrt((9 + 16 + 25) / 3 / 2 / 3.5**2))
    assert figure(result, "within_1_sigma")["value"] == pytest.approx(1 / 3)
    assert figure(result, "within_2_sigma")["value"] == 1
    assert tuple(figure(result, "calibration_error")[["points", "groups"]]) == (4, 2)
    assert tuple(figure(result, "sigma_ratio")[["points", "groups"]]) == (3, 2)
    assert figure(result, "calibration_error", cut=0.6)["value"] == pytest.approx(0.05)
    unknown = evaluate_model.model_metrics(make_predictions(rows).assign(tolerance=np.nan), config=CONFIG, seed=0)
    for name in ("calibration_error", "sigma_ratio", "within_1_sigma"):
        assert np.isnan(figure(unknown, name)["value"])


def test_gaussian_errors_of_the_right_sigma_look_right():
    rng = np.random.default_rng(9)
    rows = []
    for frame in range(3000):
        sure = rng.uniform(0.3, 1)
        error = rng.normal(0, 2, 2) if rng.random() < sure else (90, 90)
        rows.append(("test", f"g{frame % 20}", frame, "snout", 0, 0, *error, sure))
    result = evaluate_model.model_metrics(make_predictions(rows, sigma=2.0), config=CONFIG, seed=0)
    for name, expected in (("sigma_ratio", 1), ("within_1_sigma", 0.393), ("within_2_sigma", 0.865)):
        got = figure(result, name)
        assert got["low"] < expected < got["high"]
        assert got["value"] == pytest.approx(expected, abs=0.03)
    assert figure(result, "calibration_error")["value"] < 0.03


def test_tables_in_and_out(tmp_path):
    for name, rows in (("some", HAND), ("none", HAND.iloc[:0])):
        files.write(tmp_path / f"{name}.parquet", rows, POOLED)
        out = tmp_path / f"{name}-metrics.parquet"
        evaluate_model.evaluate_model(tmp_path / f"{name}.parquet", out, config=CONFIG, seed=0, provenance={"seed": 0})
        assert len(files.read(out, METRICS)) == (0 if name == "none" else 90)
        assert files.read_provenance(out) == {"seed": 0}
