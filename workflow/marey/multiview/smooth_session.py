"""Poses in space of a session, by all times together: smoothed on what the cameras see, not on points between them.

What holds for all of a session is learnt in parts of the table `points` first: how far views disagree, how long their
errors last, how the animal moves, and how long its limbs are.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from marey.multiview.cameras import Camera, project
from marey.multiview.motion import learn_limbs, learn_powers, weakest_power
from marey.multiview.persistence import fresh_share, inflation, learn_correlation
from marey.multiview.session import Session, SessionTables, blocks, read_noise_factor, read_positions, read_session
from marey.multiview.trajectories import Learnt, Trajectories, fit
from marey.multiview.triangulate_session import LEARNING_PARTS
from marey.multiview.views import Layout, Views, read_views
from marey.tables import files
from marey.tables.points import COVARIANCE, POINTS, UPPER
from marey.tables.poses3d import POSES3D, STATES

BATCH = 12_288  # points that are smoothed together: 130 MB
MARGIN = 100  # times before and after a batch, whose measurements count for it
LEARNING_TIMES = 500  # of each part
TIME_DECIMALS = 6  # of the lengths of gaps, s: time stamps are rounded


def smooth_session(
    tables: SessionTables,
    points_path: str | Path,
    out: str | Path,
    *,
    config: dict,
    provenance: dict | None = None,
) -> None:
    """Write the table `poses3d` of a session: a row for each row of `points`.

    Args:
        tables: the files of the session.
        points_path: the table `points` of the session.
        out: where to write.
        config: as `triangulate_session`, with `skeleton` (pairs of keypoints) and `max_gap` (s: times without any view
            that are bridged).
        provenance: what the result was made from, for its metadata.
    """
    session = read_session(tables, config)
    cameras, clock, layout = session
    learnt, errors = _learn(tables.tracks, points_path, session, config)
    partner = _partner_points(layout)
    margin = max(MARGIN, _ticks(clock.time, config["max_gap"]))
    with files.writer(out, POSES3D, provenance=provenance) as append:
        for start, stop in blocks(len(clock.time), layout.size, most=BATCH):
            first, last = max(0, start - margin), min(len(clock.time), stop + margin)
            views = read_views(tables.tracks, clock, layout, first, last, config=config)
            points = _read_points(points_path, layout, first, last)
            sigma = errors.factor * views.sigma
            found = fit(cameras, clock.time[first:last], views.seen, sigma, points[:2], partner, learnt)
            found = found._replace(covariance=as_sure(found.covariance, points, errors.correlation))
            append(_rows(found, views, clock.time[first:last], (start, stop, first), layout, config))


class Errors(NamedTuple):
    """What is known of the errors of a session's views."""

    factor: float  # what sigma is multiplied by
    correlation: np.ndarray  # f64[lag, point], of errors some times apart


def _learn(tracks: Mapping[str, str | Path], path: str | Path, session: Session, config: dict) -> tuple[Learnt, Errors]:
    """Learn what holds for all of a session."""
    cameras, clock, layout = session
    factor = read_noise_factor(path)
    starts = np.unique(np.linspace(0, max(0, len(clock.time) - LEARNING_TIMES), LEARNING_PARTS).astype(int))
    spans = [(start, min(start + LEARNING_TIMES, len(clock.time))) for start in starts.tolist()]
    parts = [_read_points(path, layout, *span)[:2] for span in spans]
    residuals = []
    for span, (position, _) in zip(spans, parts, strict=True):
        views = read_views(tracks, clock, layout, *span, config=config)
        residuals.append(residuals_of(cameras, views.seen, factor * views.sigma, position, config["tolerance"]))
    correlation = learn_correlation(residuals)
    fresh = fresh_share(correlation)
    position, covariance = (np.concatenate(values) for values in zip(*parts, strict=True))
    powers = np.array(
        [
            learn_powers(clock.time[slice(*span)], place, fresh[:, None, None] * doubt)
            for span, (place, doubt) in zip(spans, parts, strict=True)
        ]
    )
    weakest = weakest_power(clock.time, covariance)
    power = np.nanmax(powers, axis=0) if np.isfinite(powers).any() else np.full(powers.shape[1], weakest)
    limbs = learn_limbs(position, covariance, _pairs(layout, config["skeleton"]))
    return Learnt(power, fresh, limbs, config["tolerance"]), Errors(factor, correlation)


def _read_points(path: str | Path, layout: Layout, start: int, stop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read positions, their covariances without shared errors, and the factor f64[time, point] of these."""
    position, covariance = read_positions(path, POINTS, layout, start, stop)
    rows = files.read_frames(path, POINTS, ["shared_factor"], start=start, stop=stop)
    shared = rows["shared_factor"].to_numpy().astype(float).reshape(position.shape[:2])
    return position, covariance / shared[..., None, None], shared


def residuals_of(cameras: list[Camera], seen: np.ndarray, sigma: np.ndarray, position: np.ndarray, tolerance: float):
    """Compute what views that agree are off, f64[time, point, camera, 2], in standard deviations; NaN for all others.

    `seen` and `sigma` are as of `fit`, `position` f64[time, point, 3].
    """
    away = [seen[:, :, at] - project(camera, position) for at, camera in enumerate(cameras)]
    away = np.stack(away, axis=2) / sigma[..., None]
    with np.errstate(invalid="ignore"):
        agrees = (away**2).sum(axis=-1) < tolerance**2
    return np.where(agrees[..., None], away, np.nan)


def as_sure(
    covariance: np.ndarray, points: tuple[np.ndarray, np.ndarray, np.ndarray], correlation: np.ndarray
) -> np.ndarray:
    """Widen the covariances of smoothed positions for errors that last and that views share.

    Args:
        covariance: f64[time, point, 3, 3].
        points: of the points before: positions, covariances without shared errors, and the factor of these.
        correlation: f64[lag, point], of the errors.

    Returns:
        f64[time, point, 3, 3].
    """
    _, before, shared = points
    known = np.isfinite(before[..., 0, 0])
    ratio = np.linalg.det(covariance) / np.linalg.det(np.where(known[..., None, None], before, np.eye(3)))
    shrink = _medians(np.cbrt(ratio), known) / fresh_share(correlation)
    return inflation(shrink, correlation, _medians(shared, known))[:, None, None] * covariance


def _medians(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the median over time of each point's known values, f64[point]; of all points where it has none, or 1."""
    usual = np.median(values[known]) if known.any() else 1.0
    return np.array(
        [np.median(own[there]) if there.any() else usual for own, there in zip(values.T, known.T, strict=True)]
    )


def _pairs(layout: Layout, skeleton: list) -> np.ndarray:
    """The two points of each limb of each individual, i64[limb, 2]."""
    ends = np.array([[layout.keypoints.index(name) for name in pair] for pair in skeleton], int).reshape(-1, 2)
    return np.concatenate([ends + at * len(layout.keypoints) for at in range(len(layout.individuals))] or [ends[:0]])


def _partner_points(layout: Layout) -> np.ndarray:
    """The point on the other side of each point, i64[point]; -1 = there is none."""
    ahead = len(layout.keypoints) * np.arange(len(layout.individuals))[:, None]
    return np.where(layout.partner >= 0, ahead + layout.partner, -1).ravel()


def _ticks(time: np.ndarray, gap: float) -> int:
    return int(np.ceil(gap / np.median(np.diff(time)))) + 1 if len(time) > 1 else 1


def bridged(measured: np.ndarray, time: np.ndarray, *, max_gap: float) -> np.ndarray:
    """Decide which times without a measurement are bridged, bool[time, point].

    `measured` bool[time, point]; `time` f64[time], s. A gap is as long as from the last time before it with a
    measurement to the first after it; before the first and after the last it has no end.
    """
    index = np.arange(len(time))[:, None]
    before = np.maximum.accumulate(np.where(measured, index, -1), axis=0)
    after = np.minimum.accumulate(np.where(measured, index, len(time))[::-1], axis=0)[::-1]
    ends = np.concatenate([[-np.inf], time, [np.inf]])
    return ~measured & (np.round(ends[after + 1] - ends[before + 1], TIME_DECIMALS) <= max_gap)


def _rows(found: Trajectories, views: Views, time, span: tuple[int, int, int], layout: Layout, config) -> pd.DataFrame:
    start, stop, first = span
    keep = slice(start - first, stop - first)
    measured = found.used.any(axis=2)
    state = np.where(measured, 0, np.where(bridged(measured, time, max_gap=config["max_gap"]), 1, 2))[keep]
    used = found.used[keep]
    there = (state < 2)[..., None]
    position = np.where(there, found.position[keep], np.nan).reshape(-1, 3)
    covariance = np.where(there, found.covariance[keep][..., *UPPER], np.nan).reshape(-1, 6)
    tick, individual, keypoint = np.unravel_index(
        np.arange(state.size), (stop - start, len(layout.individuals), len(layout.keypoints))
    )
    sure = np.where(used, views.confidence[keep], 0.0).sum(axis=2) / np.maximum(used.sum(axis=2), 1)
    return pd.DataFrame(
        {
            "frame": start + tick,
            "time": time[keep][tick],
            "individual": np.array(layout.individuals, object)[individual],
            "keypoint": np.array(layout.keypoints, object)[keypoint],
            **dict(zip("xyz", position.T, strict=True)),
            **dict(zip(COVARIANCE, covariance.T, strict=True)),
            "views_used": used.sum(axis=2).ravel(),
            "reproj_px": np.where(state < 2, found.reproj_px[keep], np.nan).ravel(),
            "confidence": sure.ravel(),
            "state": np.array(STATES, object)[state.ravel()],
        }
    )
