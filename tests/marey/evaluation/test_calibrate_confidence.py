"""Calibration of confidence: on made residuals whose truth is known, and where there is little or nothing to fit to."""

import logging

import numpy as np
import pandas as pd
import pytest
from sklearn.isotonic import IsotonicRegression

from marey.evaluation.calibrate_confidence import calibrate_confidence
from marey.evaluation.confidence import apply_curves, fit_curves
from marey.evaluation.pool_predictions import pool_predictions
from marey.evaluation.residuals import distances
from marey.tables import files
from marey.tables.confidence_curves import CONFIDENCE_CURVES
from marey.tables.pooled import POOLED
from marey.tables.predictions import PREDICTIONS

from ..made_model import write_metadata

TOLERANCE = 13.0
CONFIG = {"calibrate_confidence": {"tolerance": 0.1}}


def made(seed: int, count: int, members: int = 1) -> pd.DataFrame:
    """Pooled points: right with the probability sqrt(raw), else anywhere; sigma 1 + 4 (1 - raw) px, plus what members
    disagree by."""
    rng = np.random.default_rng(seed)
    raw = rng.beta(6, 2, count)
    sigma, spread = 1 + 4 * (1 - raw), np.full(count, np.nan)
    if members > 1:
        apart = rng.exponential(1.0, count)
        sigma, freedom = np.hypot(sigma, apart), 2 * (members - 1)
        spread = apart * np.sqrt(rng.chisquare(freedom, count) / freedom)
    error = rng.normal(size=(count, 2)) * sigma[:, None]
    wrong = rng.random(count) > np.sqrt(raw)
    error[wrong] = rng.uniform(-150, 150, (wrong.sum(), 2))
    true = rng.uniform(0, 400, (count, 2))
    x, y = (true + error).T
    rows = {"x": x, "y": y, "true_x": true[:, 0], "true_y": true[:, 1], "confidence": raw, "spread": spread}
    return pd.DataFrame({**rows, "visibility": "visible", "sigma": sigma})


def calibration_error(right: np.ndarray, confidence: np.ndarray) -> float:
    bins = np.digitize(confidence, np.linspace(0, 1, 11)[1:-1])
    return sum(abs((right - confidence)[bins == index].sum()) for index in range(10)) / len(right)


@pytest.mark.parametrize("members", [1, 3])
def test_confidence_and_sigma_mean_what_they_say(members):
    curves = fit_curves(made(0, 1000, members), tolerance=TOLERANCE)
    new = made(1, 20000, members)
    confidence, sigma = apply_curves(new, curves)
    right = distances(new) <= TOLERANCE
    assert calibration_error(right, new["confidence"]) > 0.05
    assert calibration_error(right, confidence) < 0.02
    scaled = (distances(new) / sigma)[right]
    assert np.sqrt((scaled**2 / 2).mean()) == pytest.approx(1, abs=0.05)
    assert (scaled <= 1).mean() == pytest.approx(1 - np.exp(-1 / 2), abs=0.03)
    assert (scaled <= 2).mean() == pytest.approx(1 - np.exp(-2), abs=0.03)
    assert np.corrcoef(sigma, new["sigma"])[0, 1] > 0.75


def test_spread_tells_more_than_confidence_alone():
    points, new = made(2, 1000, members=5), made(3, 20000, members=5)
    _, sigma = apply_curves(new, fit_curves(points, tolerance=TOLERANCE))
    blind = fit_curves(points.assign(spread=np.nan), tolerance=TOLERANCE)
    _, without = apply_curves(new.assign(spread=np.nan), blind)
    assert np.corrcoef(sigma, new["sigma"])[0, 1] > np.corrcoef(without, new["sigma"])[0, 1] + 0.2


def test_a_few_points_are_not_taken_for_certainty():
    points = made(4, 40)
    points[["x", "y"]] = points[["true_x", "true_y"]] + 1.0  # all right
    points["confidence"] = np.linspace(0.6, 0.9, 40)
    curves = fit_curves(points, tolerance=TOLERANCE)
    ask = pd.DataFrame({"x": 0.0, "confidence": [0.0, 0.1, 0.3, 0.75, 0.99], "spread": np.nan})
    confidence, sigma = apply_curves(ask, curves)
    assert confidence[0] == 0
    np.testing.assert_allclose(confidence[1:3], [0.1, 0.3], atol=0.03)  # nothing was seen there: as the network says
    assert ((confidence[3:] > 0.93) & (confidence[3:] < 1)).all()
    assert (np.diff(sigma) <= 0).all()
    assert sigma[0] > 3 * sigma[3]
    assert sigma[3] == pytest.approx(1, abs=0.2)


def test_many_points_outvote_the_made_up_ones():
    points = made(5, 3000)
    right = distances(points) <= TOLERANCE
    plain = IsotonicRegression(out_of_bounds="clip").fit(points["confidence"], right)
    confidence, _ = apply_curves(points, fit_curves(points, tolerance=TOLERANCE))
    inner = points["confidence"].between(0.3, 0.95)
    np.testing.assert_allclose(confidence[inner], plain.predict(points["confidence"][inner]), atol=0.05)


def test_false_peaks_widen_no_sigma():
    points = made(6, 200)
    points[["x", "y"]] = points[["true_x", "true_y"]] + np.random.default_rng(0).normal(0, 2, (200, 2))
    points.loc[::20, "x"] += 300
    confidence, sigma = apply_curves(points, fit_curves(points, tolerance=TOLERANCE))
    assert sigma.mean() == pytest.approx(2, rel=0.1)
    assert confidence.mean() == pytest.approx(0.95, abs=0.02)


def test_absent_points_that_are_seen_lower_the_confidence():
    points = made(7, 200)
    points[["x", "y"]] = points[["true_x", "true_y"]]
    points.loc[::2, "visibility"] = "absent"
    points.loc[::2, ["true_x", "true_y"]] = np.nan
    confidence, _ = apply_curves(points, fit_curves(points, tolerance=TOLERANCE))
    assert confidence.mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("count", "tolerance"), [(0, TOLERANCE), (100, np.nan)])
def test_without_points_or_body_length_nothing_changes_and_the_log_says_so(count, tolerance, caplog):
    with caplog.at_level(logging.WARNING):
        curves = fit_curves(made(8, count), tolerance=tolerance)
    assert "confidences stay as they are" in caplog.text
    new = made(9, 50)
    confidence, sigma = apply_curves(new, curves)
    np.testing.assert_allclose(confidence, new["confidence"], rtol=1e-6)
    assert np.isnan(sigma).all()


def test_too_few_right_points_give_no_sigma(caplog):
    curves = fit_curves(made(10, 6), tolerance=TOLERANCE)
    assert set(curves["curve"]) == {"confidence"}
    assert "sigma is unknown" in caplog.text


def member(seed: int, noise: float = 2.0, frames: int = 60) -> pd.DataFrame:
    """Table `predictions` of one member: snout and tail 100 px apart; of three frames one validates, one tests."""
    rng = np.random.default_rng(seed)
    frame, keypoint = np.repeat(np.arange(frames), 2), np.tile(["snout", "tail"], frames)
    true_x = np.where(keypoint == "snout", 50.0, 150.0)
    rows = {
        "video": "v",
        "frame": frame,
        "individual": "m",
        "keypoint": keypoint,
        "group": "g",
        "visibility": "visible",
    }
    rows |= {"part": np.array(["train", "validation", "test"])[frame % 3], "true_x": true_x, "true_y": 40.0}
    rows |= {"x": true_x + rng.normal(0, noise, len(frame)), "y": 40 + rng.normal(0, noise, len(frame))}
    return pd.DataFrame({**rows, "confidence": rng.uniform(0.4, 0.6, len(frame)), "spread": np.nan})


@pytest.fixture
def run(tmp_path):
    """Write members' tables, calibrate and pool them; returns the curves and the pooled rows."""

    def run(*members: pd.DataFrame):
        paths = [tmp_path / f"{index}.parquet" for index in range(len(members))]
        for path, rows in zip(paths, members, strict=True):
            files.write(path, rows, PREDICTIONS)
        out = tmp_path / "confidence_curves.parquet", tmp_path / "pooled.parquet"
        write_metadata(tmp_path / "model.json", ["snout"])
        calibrate_confidence(paths, tmp_path / "model.json", out[0], config=CONFIG)
        pool_predictions(paths, tmp_path / "model.json", *out)
        return files.read(out[0], CONFIDENCE_CURVES), files.read(out[1], POOLED)

    return run


def test_several_members_are_nearer_and_say_by_how_much(run):
    members = [member(seed, frames=300) for seed in range(3)]
    one, three = run(members[0])[1], run(*members)[1]
    assert one["tolerance"].unique().tolist() == [10]
    assert one["spread"].isna().all()
    assert distances(three).mean() < 0.7 * distances(one).mean()
    for rows, sigma in ((one, 2.0), (three, 2 / np.sqrt(3))):
        assert rows["sigma_px"].mean() == pytest.approx(sigma, rel=0.15)
        assert rows["confidence"].median() > 0.95
        assert rows["raw_confidence"].max() < 0.62


def test_test_frames_calibrate_nothing(run):
    spoilt = member(0)
    spoilt["x"] += np.where(spoilt["part"] == "test", 300, 0)
    spoilt["true_x"] *= np.where(spoilt["part"] == "test", 3, 1)
    pd.testing.assert_frame_equal(run(spoilt)[0], run(member(0))[0])


def test_members_of_other_frames_are_refused(run):
    with pytest.raises(files.TableError, match="1.parquet: not the frames of .*0.parquet"):
        run(member(0), member(1, frames=30))


def test_one_table_stays_as_it_is_with_the_spread_of_its_own(run):
    pooled_before = member(0).assign(spread=1.25)
    rows = run(pooled_before)[1]
    np.testing.assert_array_equal(rows["spread"], 1.25)
    np.testing.assert_array_equal(rows[["x", "y"]], pooled_before[["x", "y"]].astype(np.float32))


def test_spurious_animals_lower_the_confidence(run):
    rows = member(0, frames=300)
    false = rows.assign(individual="spurious1", true_x=np.nan, true_y=np.nan, visibility="absent", x=rows["x"] + 400)
    both = pd.concat([rows, false]).sort_values(["frame", "individual"], kind="stable")
    assert run(rows)[1]["confidence"].median() > 0.95
    curves, found = run(both)
    assert curves["tolerance"].unique().tolist() == [10]  # the body length is of labels alone
    assert found["confidence"].median() == pytest.approx(0.5, abs=0.05)
