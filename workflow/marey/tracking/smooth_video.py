"""Smoothing in time: outliers out, short gaps bridged, long gaps marked, raw values kept.

Frames that a recording has lost, by its time stamps, count as missing, like those in which nothing is seen.

Each coordinate moves with a velocity that white-noise acceleration disturbs (the continuous white-noise acceleration
model, Bar-Shalom, Li & Kirubarajan 2001, section 6.2.2). Over a step of length h the state (position, velocity)
becomes F state + w, w ~ N(0, Q), with

    F = [[1, h], [0, 1]]      Q = q [[h^3 / 3, h^2 / 2], [h^2 / 2, h]]

The power q is acceleration^2 times the median frame interval: a velocity random walk that changes as much per frame as
with that acceleration. A measurement has the standard deviation sigma_px that calibration gave it or, where there is
none, measurement_noise / c at the confidence c.

The Kalman filter and the Rauch-Tung-Striebel smoother (1965) compute the posterior mean of this model. Here the same
mean is found in one go, as the solution of its normal equations, a banded positive definite system (Bell, SIAM J.
Optimization 1994: its Cholesky factorisation is the filter, back substitution the smoother). LAPACK does that some
hundred times faster than a loop over frames in Python.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.linalg import solveh_banded

from marey.tables import files
from marey.tables.smoothed import SMOOTHED, STATES
from marey.tables.tracks import TRACKS
from marey.tracking.bursts import find_bursts
from marey.tracking.timing import frame_interval, with_lost_frames

MAD_TO_SD = 1.4826  # of normal noise
REJECT_DEVIATIONS = 3.0  # standard deviations, the usual threshold
# Both keep the equations well conditioned, or rounding moves positions by more than the noise. Where time stamps
# coincide, the part of the median frame interval that frames are taken to lie apart:
SHORTEST_STEP = 0.05
# px that the acceleration leads to in a frame interval, per px of noise: smoothing over a hundred frames, and no more.
MIN_TURN_PER_NOISE = 1e-4
MIN_WEIGHT_CONFIDENCE = 1e-3  # a measurement weighs with at least this; 0 would leave a segment undetermined
REST_SPEED = 1e3  # px per frame interval: a segment starts with the velocity 0 +- this, which is to say any
TIME_DECIMALS = 6  # of the lengths of gaps, s: time stamps are rounded


def smooth_video(tracks_path: str | Path, out: str | Path, *, config: dict, provenance: dict | None = None) -> None:
    """Write the table `smoothed` of one video.

    Args:
        tracks_path: the video's table `tracks`.
        out: where to write.
        config: as in `smooth`.
        provenance: what the result was made from, for its metadata.
    """
    rows = smooth(files.read(tracks_path, TRACKS), config=config)
    files.write(out, rows, SMOOTHED, provenance=provenance)


def smooth(poses: pd.DataFrame, *, config: dict) -> pd.DataFrame:
    """Smooth the rows of one video's `tracks`; returns the table `smoothed`, in the same order.

    `config` is the block `smooth`: positions below `min_confidence`, bursts (`find_bursts`), outliers
    (`reject_outliers`) and positions in damaged frames count as missing; `bridge` decides which missing frames are
    interpolated and which are a gap without position; nothing passes from one side of a gap to the other. Raises
    ValueError for times that go back and for two rows of one point.
    """
    if poses.empty:
        return files.empty(SMOOTHED)
    frames, row = np.unique(poses["frame"].to_numpy(), return_inverse=True)
    series = poses.groupby(["individual", "keypoint"], sort=False).ngroup().to_numpy()
    _check(poses, row, series)
    time = np.empty(len(frames))
    time[row] = poses["time"]
    time, place = with_lost_frames(time, most=config["median_window"])
    cells = (place[row], series)
    shape = (len(time), series.max() + 1)
    raw = np.full((*shape, 2), np.nan)
    raw[cells] = poses[["x", "y"]]
    confidence = np.zeros(shape)
    confidence[cells] = poses["confidence"]

    good = np.isfinite(raw).all(axis=2) & (confidence >= np.float32(config["min_confidence"]))
    good[cells] &= ~poses["fault"].to_numpy()
    sigma = np.full(shape, np.nan)
    sigma[cells] = poses["sigma_px"]
    noise = np.where(sigma > 0, sigma, config["measurement_noise"] / np.maximum(confidence, MIN_WEIGHT_CONFIDENCE))
    owner = poses["individual"].groupby(series).first()
    for whose in owner.groupby(owner).indices.values():
        places = np.where(good[:, whose, None], raw[:, whose], np.nan)
        good[:, whose] &= ~find_bursts(places, time / frame_interval(time), rate=1 / frame_interval(time))
    good &= ~reject_outliers(
        np.where(good[..., None], raw, np.nan), noise, window=config["median_window"], turn=turn_reach(time, config)
    )
    inside = bridge(good, time, max_gap=config["max_gap"])
    precision = np.where(good, 1 / noise**2, 0.0)
    position = np.empty_like(raw)
    for index in range(shape[1]):
        column = (slice(None), index)
        position[column] = kalman_smoother(
            time, raw[column], precision[column], inside[column], acceleration=config["acceleration"]
        )
    state = np.where(good, STATES[0], np.where(inside, STATES[1], STATES[2]))
    x, y = position[cells].T.astype(np.float32)
    return pd.DataFrame(
        {
            **{name: poses[name] for name in ("video", "frame", "time", "individual", "keypoint")},
            "x": x,
            "y": y,
            "confidence": poses["confidence"],
            "sigma_px": poses["sigma_px"],
            "state": state[cells],
            "raw_x": poses["x"],
            "raw_y": poses["y"],
        }
    )[SMOOTHED.names]


def turn_reach(time: np.ndarray, config: dict) -> float:
    """Compute how far the end of a turn lies from its running median, px: `acceleration` over half of `median_window`.

    `time` f64[frame], s.
    """
    half = config["median_window"] // 2 * frame_interval(time)
    return config["acceleration"] / 2 * half**2


def reject_outliers(values: np.ndarray, noise: np.ndarray, *, window: int, turn: float) -> np.ndarray:
    """Find outliers: positions that are, in x or in y, too far from the running median.

    Too far is more than `turn` + 3 standard deviations. The standard deviation is 1.4826 times the median of these
    distances over the whole series, and at least `noise`. (Hampel's identifier, Pearson, IEEE TCST 2002, takes the
    deviations within each window instead, which lets outliers of a moving animal pass: motion widens them.) Beside a
    gap the window is one-sided, and a very fast animal may lose that frame too.

    Args:
        values: f64[time, series, 2], (x, y) px; NaN = missing.
        noise: f64[time, series], px, expected of each measurement.
        window: frames of the running median, odd.
        turn: px, how far a good position may lie from the median because the animal turns back.

    Returns:
        bool[time, series], True = outlier.

    Raises:
        ValueError: the window is even.
    """
    if window % 2 == 0:
        raise ValueError(f"smooth.median_window is {window}; it must be odd, such as {window + 1}")
    away = np.abs(values - running_median(values, window=window))
    spread = MAD_TO_SD * pd.DataFrame(away.reshape(len(away), -1)).median().to_numpy().reshape(values.shape[1:])
    return (away > turn + REJECT_DEVIATIONS * np.fmax(spread, noise[..., None])).any(axis=2)


def running_median(values: np.ndarray, *, window: int) -> np.ndarray:
    """Compute the median over the `window` frames about each frame, without NaN: f64[time, ...]; all NaN gives NaN."""
    columns = pd.DataFrame(values.reshape(len(values), -1))
    return columns.rolling(window, center=True, min_periods=1).median().to_numpy().reshape(values.shape)


def bridge(good: np.ndarray, time: np.ndarray, *, max_gap: float) -> np.ndarray:
    """Decide which frames get a position, bool[time, series]: the measured ones, and gaps of up to `max_gap` s.

    `good` bool[time, series]: what is measured; `time` f64[time], s. A gap lasts from its first missing frame to the
    next measurement; missing frames before the first and after the last measurement are a gap of any length.
    """
    index = np.arange(len(time))[:, None]
    before = np.maximum.accumulate(np.where(good, index, -1), axis=0)
    after = np.minimum.accumulate(np.where(good, index, len(time))[::-1], axis=0)[::-1]
    ends = np.append(time, np.inf)  # no later measurement: the gap never ends
    length = np.where(before < 0, np.inf, ends[after] - ends[np.minimum(before + 1, len(time))])
    return good | (np.round(length, TIME_DECIMALS) <= round(max_gap, TIME_DECIMALS))


def kalman_smoother(
    time: np.ndarray, measured: np.ndarray, precision: np.ndarray, inside: np.ndarray, *, acceleration: float
) -> np.ndarray:
    """Smooth the positions of one keypoint by the model in this module's docstring.

    Args:
        time: f64[time], s, not falling.
        measured: f64[time, 2], (x, y) px.
        precision: f64[time], 1/px^2, the inverse variance of each measurement; 0 where there is none.
        inside: bool[time]; each run of True is a segment that starts and ends with a measurement and is smoothed by
            itself.
        acceleration: px/s^2; the least that there are digits for where that is more (MIN_TURN_PER_NOISE).

    Returns:
        Positions f64[time, 2], (x, y) px; NaN outside of segments.
    """
    unit = frame_interval(time)  # of time, so that all entries are of like size
    h = np.maximum(np.diff(time) / unit, SHORTEST_STEP)
    link = inside[1:] & inside[:-1]  # no link, no information passes
    noise = 1 / np.sqrt(precision[precision > 0].mean()) if precision.any() else 0.0
    acceleration = max(acceleration, MIN_TURN_PER_NOISE * noise / unit**2)
    weight = link / (acceleration**2 * unit**4)  # 1 / q

    # Unknowns (p0, v0, p1, v1, ...). A link adds (s1 - F s0)' Q^-1 (s1 - F s0), where
    # Q^-1 = [[12 / h^3, -6 / h^2], [-6 / h^2, 4 / h]] / q; bands[d, i] is the entry (i + d, i).
    cubic, square, plain = 12 * weight / h**3, 6 * weight / h**2, 2 * weight / h
    bands = np.zeros((4, 2 * len(time)))
    p, v = slice(0, None, 2), slice(1, None, 2)
    bands[0, p] = np.append(cubic, 0) + np.insert(cubic, 0, 0) + precision + ~inside
    bands[0, v] = 2 * (np.append(plain, 0) + np.insert(plain, 0, 0)) + ~inside
    bands[0, v] += (inside & ~np.insert(link, 0, False)) / REST_SPEED**2
    bands[1, p] = np.append(square, 0) - np.insert(square, 0, 0)
    bands[1, v][:-1] = -square
    bands[2, p][:-1] = -cubic
    bands[2, v][:-1] = plain
    bands[3, p][:-1] = square
    right = np.zeros((2 * len(time), 2))
    right[p] = precision[:, None] * np.where(precision[:, None] > 0, measured, 0.0)
    position = solveh_banded(bands, right, lower=True, overwrite_ab=True, overwrite_b=True, check_finite=False)[p]
    return np.where(inside[:, None], position, np.nan)


def _check(poses: pd.DataFrame, row: np.ndarray, series: np.ndarray) -> None:
    twice = pd.Series(row * (series.max() + 1) + series).duplicated().to_numpy()
    if twice.any():
        first = poses.iloc[int(np.argmax(twice))]
        raise ValueError(
            f"{first['video']}: frame {first['frame']} has two rows of {first['keypoint']} of {first['individual']}; "
            "expected one row per keypoint of each individual in each frame. Run `track_video` again."
        )
    back = np.diff(poses["time"].to_numpy()[np.argsort(row, kind="stable")]) < 0
    if back.any():
        place = np.sort(poses["frame"].to_numpy())[int(np.argmax(back)) + 1]
        raise ValueError(f"{poses['video'].iloc[0]}: time goes back at frame {place}. Run `probe_video` again.")
