"""Reliability diagram and error against sigma."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from marey.evaluation import evaluate_model
from marey.tables import files
from marey.tables.metrics import METRICS
from marey.tables.pooled import POOLED
from marey.views.plots.plot_reliability import bin_means, plot_reliability, wilson_interval

CONFIG = {"confidence_cut": 0.6, "pck_pixels": [5], "pck_body": [], "bootstrap": 100}


@pytest.fixture
def calibrated() -> pd.DataFrame:
    """Table `pooled`: 2000 test points with true confidence and sigma (1 to 3 px), and untrue raw confidence."""
    rng = np.random.default_rng(0)
    confidence, sigma = rng.uniform(0.2, 1, 2000), rng.uniform(1, 3, 2000)
    error = rng.normal(size=(2000, 2)) * sigma[:, None]
    error[rng.random(2000) > confidence] = 50
    rows = {"video": "v", "frame": np.arange(2000), "individual": "m", "keypoint": "nose", "part": "test", "group": "g"}
    rows |= {"x": 100 + error[:, 0], "y": 100 + error[:, 1], "true_x": 100.0, "true_y": 100.0, "visibility": "visible"}
    rows |= {"confidence": confidence, "raw_confidence": confidence**3, "sigma_px": sigma, "spread": np.nan}
    return pd.DataFrame({**rows, "tolerance": 12.0})


@pytest.fixture
def draw(tmp_path, figures):
    def run(points):
        files.write(tmp_path / "p.parquet", points, POOLED)
        files.write(tmp_path / "m.parquet", evaluate_model.model_metrics(points, config=CONFIG, seed=0), METRICS)
        plot_reliability(tmp_path / "p.parquet", tmp_path / "m.parquet", tmp_path / "a.png")
        return figures[-1].axes

    return run


def test_calibrated_points_follow_the_diagonals(draw, calibrated):
    left, right = draw(calibrated)
    _, before, after, _ = left.lines
    np.testing.assert_allclose(after.get_ydata(), after.get_xdata(), atol=0.15)
    assert (before.get_ydata() - before.get_xdata()).max() > 0.2
    sigma, measured = right.lines[-1].get_data()
    np.testing.assert_allclose(measured, sigma, rtol=0.25)


def test_titles_tell_the_metrics_of_the_table(draw, calibrated):
    rows = evaluate_model.model_metrics(calibrated, config=CONFIG, seed=0)
    rows = rows[(rows["cut"] == 0) & (rows["keypoint"] == "all")].set_index("metric")["value"]
    left, right = draw(calibrated)
    assert f"{rows['calibration_error']:.1%}" in left.get_title(loc="left")
    assert f"{rows['sigma_ratio']:.2f} sigma" in right.get_title(loc="left")
    assert f"1 sigma: {rows['within_1_sigma']:.0%}" in right.get_legend().get_texts()[0].get_text()


def test_bins_hold_like_numbers_and_equal_scores_share_one():
    score = np.repeat([0.2, 0.9], [30, 70])
    table = bin_means(score, np.arange(100.0))
    assert table["score"].tolist() == pytest.approx([0.2, 0.9])
    assert table["count"].tolist() == [30, 70]
    assert table["value"].tolist() == pytest.approx([14.5, 64.5])
    table = bin_means(np.random.default_rng(1).random(80), np.ones(80))
    assert table["count"].tolist() == [10] * 8
    assert len(bin_means(np.array([0.5]), np.array([1.0]))) == 1


def test_interval_is_scipys():
    low, high = wilson_interval(np.array([0.0, 0.3, 1.0]), np.array([10, 10, 40]))
    for index, (right, count) in enumerate([(0, 10), (3, 10), (40, 40)]):
        expected = binomtest(right, count).proportion_ci(method="wilson")
        assert (low[index], high[index]) == pytest.approx((expected.low, expected.high), abs=1e-4)


def test_what_is_unknown_is_said(draw, calibrated):
    left, right = draw(calibrated.assign(sigma_px=np.nan))
    assert left.lines
    assert right.texts[0].get_text() == "no sigma: too few validation points"
    left, right = draw(calibrated.assign(sigma_px=np.nan, tolerance=np.nan))
    assert left.texts[0].get_text() == "no test points with a tolerance"
    assert draw(calibrated.assign(part="train"))[0].texts


def test_spurious_animals_count_as_wrong(draw, crowd):
    left, right = draw(crowd)
    _, _, after, ticks = left.lines
    assert len(ticks.get_xdata()) == 18  # 15 found points and 3 spurious ones
    assert after.get_ydata().tolist() == pytest.approx([15 / 18])
    assert len(right.collections[0].get_offsets()) == 15
    rows = evaluate_model.model_metrics(crowd, config=CONFIG, seed=0)
    rows = rows[(rows["cut"] == 0) & (rows["keypoint"] == "all")].set_index("metric")["value"]
    assert rows["calibration_error"] == pytest.approx((15 * 0.1 + 3 * 0.5) / 18)
    assert f"{rows['calibration_error']:.1%}" in left.get_title(loc="left")
