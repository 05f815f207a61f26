"""Smoothing against a textbook Kalman filter and RTS smoother, SciPy's smoothing spline, and made motion."""

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import make_smoothing_spline

from marey.tables import files
from marey.tables.smoothed import SMOOTHED
from marey.tables.tracks import TRACKS
from marey.tracking import smooth_video

CONFIG = {
    "min_confidence": 0.2,
    "median_window": 5,
    "max_gap": 0.25,
    "acceleration": 5000.0,
    "measurement_noise": 1.5,
}


def make_tracks(time, series: dict, sigma=np.nan) -> pd.DataFrame:
    """A table `tracks` from {(individual, keypoint): (x, y, confidence)}, each over all frames."""
    parts = []
    for (individual, keypoint), (x, y, confidence) in series.items():
        rows = {"video": "v", "frame": np.arange(len(time)), "time": time, "individual": individual}
        rows |= {"keypoint": keypoint, "x": x, "y": y, "confidence": confidence, "sigma_px": sigma, "fault": False}
        parts.append(pd.DataFrame(rows))
    table = pd.concat(parts).sort_values("frame", kind="stable", ignore_index=True)
    return table.astype({"x": np.float32, "y": np.float32, "confidence": np.float32})


def one(x, y=None, confidence=None, time=None, sigma=np.nan, **config) -> pd.DataFrame:
    """Smooth one keypoint at 30 frames/s."""
    x = np.asarray(x, float)
    time = np.arange(len(x)) / 30 if time is None else time
    confidence = np.ones(len(x)) if confidence is None else confidence
    table = make_tracks(time, {("mouse", "snout"): (x, x if y is None else y, confidence)}, sigma)
    return smooth_video.smooth(table, config=CONFIG | config)


def textbook_rts(time, z, precision, acceleration):
    """Kalman filter, then Rauch-Tung-Striebel smoother, one matrix at a time, in seconds and px."""
    interval = np.median(np.diff(time))
    q = acceleration**2 * interval
    mean, cov = np.array([0.0, 0.0]), np.diag([1e12, (smooth_video.REST_SPEED / interval) ** 2])
    filtered, predicted = [], []
    for i in range(len(time)):
        if i:
            h = time[i] - time[i - 1]
            step = np.array([[1, h], [0, 1]])
            mean = step @ mean
            cov = step @ cov @ step.T + q * np.array([[h**3 / 3, h**2 / 2], [h**2 / 2, h]])
        predicted.append((mean, cov))
        if precision[i] > 0:
            gain = cov[:, 0] / (cov[0, 0] + 1 / precision[i])
            mean = mean + gain * (z[i] - mean[0])
            # Joseph form: the wide first covariance loses no digits.
            keep = np.eye(2) - np.outer(gain, [1, 0])
            cov = keep @ cov @ keep.T + np.outer(gain, gain) / precision[i]
        filtered.append((mean, cov))
    result = [filtered[-1][0]]
    for i in range(len(time) - 2, -1, -1):
        h = time[i + 1] - time[i]
        step = np.array([[1, h], [0, 1]])
        gain = filtered[i][1] @ step.T @ np.linalg.inv(predicted[i + 1][1])
        result.append(filtered[i][0] + gain @ (result[-1] - predicted[i + 1][0]))
    return np.array(result)[::-1, 0]


@pytest.mark.parametrize("acceleration", [50.0, 5000.0, 50000.0])
def test_smoother_is_the_textbook_rts_smoother(acceleration):
    rng = np.random.default_rng(1)
    time = np.cumsum(rng.uniform(0.01, 0.06, 60))
    z = np.cumsum(rng.normal(0, 5, (60, 2)), axis=0) + 300
    precision = (rng.uniform(0.2, 1, 60) / 1.5) ** 2
    precision[[5, 6, 20, 40, 41, 42]] = 0
    got = smooth_video.kalman_smoother(time, z, precision, np.ones(60, bool), acceleration=acceleration)
    for axis in range(2):
        expected = textbook_rts(time, z[:, axis], precision, acceleration)
        np.testing.assert_allclose(got[:, axis], expected, atol=1e-6)


def test_smoother_is_the_cubic_smoothing_spline_of_scipy():
    # The posterior mean of white-noise acceleration with a vague start is the smoothing spline with lam = 1 / q.
    rng = np.random.default_rng(2)
    time = np.cumsum(rng.uniform(0.01, 0.06, 400))
    z = np.cumsum(rng.normal(0, 4, (400, 2)), axis=0)
    precision = (rng.uniform(0.2, 1, 400) / 1.5) ** 2
    seen = rng.random(400) > 0.2
    seen[[0, -1]] = True
    got = smooth_video.kalman_smoother(time, z, precision * seen, np.ones(400, bool), acceleration=3000.0)
    lam = 1 / (3000.0**2 * np.median(np.diff(time)))
    spline = make_smoothing_spline(time[seen], z[seen], w=precision[seen], lam=lam, axis=0)
    np.testing.assert_allclose(got, spline(time), atol=1e-3)


def test_equal_time_stamps_are_survived():
    time = np.array([0.0, 0.03, 0.03, 0.06, 0.09, 0.12])
    z = np.repeat(np.array([0.0, 3, 3, 6, 9, 12])[:, None], 2, axis=1)
    got = smooth_video.kalman_smoother(time, z, np.ones(6), np.ones(6, bool), acceleration=5000.0)
    np.testing.assert_allclose(got, z, atol=0.2)


@pytest.mark.parametrize("acceleration", [1e-9, 1e-3, 0.3, 30.0])
@pytest.mark.parametrize("coincide", [False, True])
def test_little_acceleration_costs_no_digits(acceleration, coincide):
    """What is asked for beyond what can be computed is smoothed as much as can be, over a hundred frames."""
    rng = np.random.default_rng(9)
    time = np.arange(2000) / 30
    time[[500, 1001, 1002]] -= coincide * np.array([1, 1, 2]) / 30
    z = 100 + 5 * time + rng.normal(0, 1.5, 2000)
    precision = np.full(2000, 1 / 1.5**2)
    got = smooth_video.kalman_smoother(
        time, np.stack([z, z], axis=1), precision, np.ones(2000, bool), acceleration=acceleration
    )
    apart = np.append(0, np.cumsum(np.maximum(np.diff(time), smooth_video.SHORTEST_STEP / 30)))
    expected = textbook_rts(apart, z, precision, max(acceleration, smooth_video.MIN_TURN_PER_NOISE * 1.5 * 30**2))
    np.testing.assert_allclose(got[:, 1], expected, atol=0.02)


def test_noisy_sinusoid_gets_closer_and_outliers_are_replaced():
    rng = np.random.default_rng(3)
    time = np.arange(1200) / 30
    truth = 300 + 80 * np.sin(2 * np.pi * 0.5 * time)
    x = truth + rng.normal(0, 1.5, len(time))
    outliers = np.arange(13, 1190, 37)
    x[outliers] += rng.choice([-1, 1], len(outliers)) * rng.uniform(20, 120, len(outliers))
    result = one(x, acceleration=1000.0)
    assert set(outliers) <= set(result.index[result["state"] == "interpolated"])
    clean = np.setdiff1d(np.arange(len(time)), outliers)
    assert (result["state"].iloc[clean] == "measured").mean() > 0.97
    error = np.abs(result["x"] - truth)
    assert error.iloc[clean].mean() < 0.7 * np.abs(x - truth)[clean].mean()
    assert error.iloc[outliers].max() < 6
    np.testing.assert_array_equal(result["raw_x"], x.astype(np.float32))


def test_fast_turns_are_not_taken_for_outliers():
    time = np.arange(300) / 30
    x = 300 + 30 * np.sin(2 * np.pi * 2 * time)  # turns within a few frames, at 30 * (4 pi)^2 = 4700 px/s2
    assert (one(x)["state"] == "measured").all()
    x[::50] = np.nan  # beside missing frames and at both ends the window is one-sided
    assert (one(x)["state"].iloc[1:-1] != "gap").all()
    far = 300 + 60 * np.sin(2 * np.pi * 3 * time)  # 21000 px/s2
    assert (one(far, acceleration=21000.0)["state"] == "measured").all()


def test_low_confidence_counts_as_missing_and_weighs_less():
    x = np.full(21, 100.0)
    confidence = np.ones(21)
    x[10], confidence[10] = 104, 0.19
    assert one(x, confidence=confidence)["state"].iloc[10] == "interpolated"
    shift = {}
    for confidence[10] in (0.3, 1.0):
        result = one(x, confidence=confidence)
        assert result["state"].iloc[10] == "measured"
        shift[confidence[10]] = result["x"].iloc[10] - 100
    assert 0 < shift[0.3] < shift[1.0] / 2


def test_sigma_is_the_noise_of_a_measurement():
    rng = np.random.default_rng(6)
    time = np.arange(80) / 30
    x = np.cumsum(rng.normal(0, 3, 80)) + 200
    sigma = rng.uniform(0.5, 4, 80)
    sigma[7] = np.nan  # unknown: measurement_noise / confidence
    result = one(x, sigma=sigma, confidence=np.full(80, 0.5), median_window=1)
    expected = textbook_rts(time, x, 1 / np.where(np.isnan(sigma), 3.0, sigma) ** 2, CONFIG["acceleration"])
    np.testing.assert_allclose(result["x"], expected, atol=1e-3)
    np.testing.assert_allclose(result["sigma_px"], sigma.astype(np.float32))


def test_short_gaps_are_bridged_and_long_ones_marked():
    x = np.arange(60.0)
    x[10:17] = np.nan  # 7 frames of 1/30 s: 0.233 s
    x[30:38] = np.nan  # 8 frames: 0.267 s
    x[:2] = x[-3:] = np.nan
    result = one(x)
    state = result["state"].to_numpy()
    expected = np.full(60, "measured", dtype=object)
    expected[10:17] = "interpolated"
    expected[30:38] = expected[:2] = expected[-3:] = "gap"
    np.testing.assert_array_equal(state, expected)
    np.testing.assert_array_equal(result["x"].isna(), expected == "gap")
    np.testing.assert_allclose(result["x"].iloc[10:17], np.arange(10, 17), atol=0.01)


def test_gap_length_follows_frame_times():
    x = np.arange(20.0)
    x[10] = np.nan
    time = np.arange(20) / 30
    time[11:] += 0.3  # one missing frame that lasts a third of a second
    assert one(x, time=time)["state"].iloc[10] == "gap"
    assert one(x)["state"].iloc[10] == "interpolated"


@pytest.mark.parametrize("max_gap", [0.0, 1 / 30, 0.2, 0.25, 0.3])
def test_a_gap_of_just_the_longest_length_is_bridged(max_gap):
    for missing in range(1, 10):
        x = np.arange(40.0)
        x[12 : 12 + missing] = np.nan
        state = one(x, max_gap=max_gap)["state"].iloc[12]
        assert state == ("interpolated" if missing <= round(30 * max_gap, 3) else "gap")


def holed(*, frames: int, at: int, lost: int) -> np.ndarray:
    """Times of frames of a video of 30 frames/s that lost some before the frame `at`."""
    index = np.arange(frames)
    return (index + lost * (index >= at)) / 30


def test_a_hole_in_time_is_bridged_over_its_true_length():
    rng = np.random.default_rng(7)
    time = holed(frames=60, at=25, lost=6)
    x = 100 + 250 * time
    np.testing.assert_allclose(one(x, time=time)["x"], x, atol=0.01)  # uniform motion is uniform motion
    x = x + rng.normal(0, 1.5, 60)
    sigma = np.full(60, 1.5)
    result = one(x, time=time, sigma=sigma, median_window=1)
    np.testing.assert_allclose(result["x"], textbook_rts(time, x, 1 / sigma**2, CONFIG["acceleration"]), atol=1e-3)


@pytest.mark.parametrize("lost", [8, 18, 10_000_000])
def test_a_hole_in_time_is_a_gap(lost):
    """Nothing passes from one side of a hole that is too long to the other: each is as it would be alone."""
    rng = np.random.default_rng(8)
    time = holed(frames=60, at=25, lost=lost)
    x = np.where(np.arange(60) < 25, 100 + 250 * time, 700 - 90 * time) + rng.normal(0, 1.5, 60)
    whole = one(x, time=time)
    assert (whole["state"] == "measured").all()
    for side in (slice(0, 25), slice(25, 60)):
        alone = one(x[side], time=time[side])
        np.testing.assert_allclose(whole["x"][side], alone["x"], rtol=1e-5)


@pytest.mark.parametrize(("lost", "state"), [(5, "interpolated"), (6, "gap")])
@pytest.mark.parametrize("missing", [[24], [25], [24, 25]])
def test_missing_frames_at_a_hole_last_as_long_as_both_together(lost, state, missing):
    """With `max_gap` of 0.25 s, 7.5 frames."""
    x = 3 * np.arange(60.0)
    x[missing] = np.nan
    result = one(x, time=holed(frames=60, at=25, lost=lost + 2 - len(missing)))
    assert set(result["state"].iloc[missing]) == {state}
    assert (result["state"].drop(missing) == "measured").all()


def test_positions_beyond_a_hole_make_no_outliers():
    time = holed(frames=40, at=20, lost=30)
    x = 4.0 * np.arange(40) - 300 * (np.arange(40) >= 20)
    assert (one(x, time=time, acceleration=100.0)["state"] == "measured").all()


def test_nothing_leaks_across_a_gap():
    x = np.concatenate([np.arange(20.0), np.full(30, np.nan), 500 - 3 * np.arange(20.0)])
    moved = x.copy()
    moved[:20] = 40 - 2 * np.arange(20.0)
    np.testing.assert_array_equal(one(x)["x"].iloc[50:], one(moved)["x"].iloc[50:])
    alone = one(x[50:])
    np.testing.assert_allclose(one(x)["x"].iloc[50:], alone["x"], rtol=1e-6)


def test_irregular_times_of_uniform_motion_give_uniform_motion():
    time = np.cumsum(np.random.default_rng(4).uniform(0.01, 0.08, 100))
    result = one(50 + 200 * time, y=400 - 90 * time, time=time)
    np.testing.assert_allclose(result["x"], 50 + 200 * time, atol=0.01)
    np.testing.assert_allclose(result["y"], 400 - 90 * time, atol=0.01)


def test_series_do_not_mix_and_row_order_is_kept():
    time = np.arange(50) / 30
    flat, missing = np.full(50, 10.0), np.full(50, np.nan)
    series = {
        ("a", "snout"): (flat, flat + 1, np.ones(50)),
        ("a", "tail"): (missing, missing, np.zeros(50)),
        ("b", "snout"): (5 * time, flat, np.ones(50)),
    }
    table = make_tracks(time, series)
    result = smooth_video.smooth(table, config=CONFIG)
    pd.testing.assert_frame_equal(
        result[["frame", "individual", "keypoint"]], table[["frame", "individual", "keypoint"]]
    )
    tail = result[result["keypoint"] == "tail"]
    assert (tail["state"] == "gap").all()
    assert tail["x"].isna().all()
    other = result[result["individual"] == "b"]
    np.testing.assert_allclose(other["x"], 5 * time, atol=1e-3)
    np.testing.assert_allclose(other["y"], 10, atol=1e-3)


def test_one_measurement_stays_where_it_is():
    x = np.full(41, np.nan)
    x[20] = 77
    result = one(x)
    assert result["x"].iloc[20] == pytest.approx(77)
    assert (result["state"].drop(20) == "gap").all()


@pytest.mark.parametrize("confidence", [0.0, 1.0])
def test_zero_confidence_without_a_cut_is_survived(confidence):
    result = one(np.full(5, 3.0), confidence=np.full(5, confidence), min_confidence=0)
    np.testing.assert_allclose(result["x"], 3, atol=1e-3)


def test_running_median_is_numpys():
    rng = np.random.default_rng(5)
    values = rng.normal(size=(40, 3, 2))
    values[rng.random(values.shape) < 0.4] = np.nan
    values[10:17, 1] = np.nan
    got = smooth_video.running_median(values, window=5)
    for t in range(len(values)):
        around = np.ma.masked_invalid(values[max(t - 2, 0) : t + 3])
        np.testing.assert_allclose(got[t], np.ma.median(around, axis=0).filled(np.nan))


def test_positions_in_damaged_frames_count_as_missing():
    x = np.linspace(0, 30, 31)
    x[10] = 12  # what a frame shows that holds another's picture; no outlier yet
    table = make_tracks(np.arange(31) / 30, {("mouse", "snout"): (x, x, np.ones(31))})
    table.loc[10, "fault"] = True
    rows = smooth_video.smooth(table, config=CONFIG)
    assert rows["state"][10] == "interpolated"
    assert rows["x"][10] == pytest.approx(10, abs=0.1)
    assert rows["raw_x"][10] == 12


def test_faults_in_the_table_are_named():
    table = make_tracks(np.arange(4) / 30, {("m", "snout"): (np.ones(4), np.ones(4), np.ones(4))})
    with pytest.raises(ValueError, match="frame 3 has two rows of snout"):
        smooth_video.smooth(pd.concat([table, table.iloc[[3]]]), config=CONFIG)
    table.loc[2, "time"] = 0.0
    with pytest.raises(ValueError, match="v: time goes back at frame 2"):
        smooth_video.smooth(table, config=CONFIG)
    with pytest.raises(ValueError, match="must be odd, such as 5"):
        one(np.ones(9), median_window=4)


def test_tables_in_and_out(tmp_path):
    x = np.where(np.arange(30) > 15, np.nan, 5.0)
    table = make_tracks(np.arange(30) / 30, {("m", "snout"): (x, x, np.ones(30))})
    files.write(tmp_path / "poses.parquet", table, TRACKS)
    files.write(tmp_path / "none.parquet", table.iloc[:0], TRACKS)
    for name, rows in (("poses", 30), ("none", 0)):
        out = tmp_path / f"{name}-smoothed.parquet"
        smooth_video.smooth_video(tmp_path / f"{name}.parquet", out, config=CONFIG, provenance={"seed": 1})
        assert len(files.read(out, SMOOTHED)) == rows
        assert files.read_provenance(out) == {"seed": 1}


def test_a_sure_keypoint_far_from_its_animal_is_filled_and_not_measured():
    """For five frames, which no running median of five sees, and for twenty, which are not bridged."""
    time, body = np.arange(200) / 30, {"snout": 40.0, "ear": 25.0, "neck": 10.0, "tail": -50.0}
    series = {("m", name): (200 + 60 * time + along, 100 + 0 * time, np.ones(200)) for name, along in body.items()}
    clean = smooth_video.smooth(make_tracks(time, series), config=CONFIG)
    x, *rest = series["m", "tail"]
    false = np.isin(np.arange(200), [*range(50, 55), *range(120, 140)])
    rows = smooth_video.smooth(
        make_tracks(time, series | {("m", "tail"): (np.where(false, 900, x), *rest)}), config=CONFIG
    )
    tail = (rows["keypoint"] == "tail").to_numpy()
    state = rows["state"][tail].to_numpy()
    assert set(state[50:55]) == {"interpolated"}
    assert set(state[120:140]) == {"gap"}
    assert (state[~false] == "measured").all()
    np.testing.assert_allclose(rows["x"][tail][:120], x[:120], atol=0.01)
    assert (rows["raw_x"][tail][false] == 900).all()
    pd.testing.assert_frame_equal(rows[~tail], clean[~tail])
