"""Poses in space of a session, by all times together: smoothed on what the cameras see, not on points between them.

What holds for all of a session is learnt in parts of the table `points` first: how far views disagree, how the animal
moves, and how long its limbs are.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from marey.multiview.clock import Clock
from marey.multiview.motion import learn_limbs, learn_powers, weakest_power
from marey.multiview.session import SessionTables, blocks, read_noise_factor, read_positions, read_session
from marey.multiview.trajectories import Learnt, Trajectories, fit
from marey.multiview.triangulate_session import LEARNING_PARTS
from marey.multiview.views import Layout, Views, read_views
from marey.tables import files
from marey.tables.points import COVARIANCE, POINTS, UPPER
from marey.tables.poses3d import POSES3D, STATES

BATCH = 16_384  # points that are smoothed together
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
    cameras, clock, layout = read_session(tables, config)
    learnt, factor = _learn(points_path, clock, layout, config)
    partner = _partner_points(layout)
    margin = max(MARGIN, _ticks(clock.time, config["max_gap"]))
    with files.writer(out, POSES3D, provenance=provenance) as append:
        for start, stop in blocks(len(clock.time), layout.size, most=BATCH):
            first, last = max(0, start - margin), min(len(clock.time), stop + margin)
            views = read_views(tables.tracks, clock, layout, first, last, config=config)
            points = read_positions(points_path, POINTS, layout, first, last)
            found = fit(cameras, clock.time[first:last], views.seen, factor * views.sigma, points, partner, learnt)
            append(_rows(found, views, clock.time[first:last], (start, stop, first), layout, config))


def _learn(path: str | Path, clock: Clock, layout: Layout, config: dict) -> tuple[Learnt, float]:
    """What holds for all of a session, and the factor of sigma."""
    starts = np.unique(np.linspace(0, max(0, len(clock.time) - LEARNING_TIMES), LEARNING_PARTS).astype(int))
    parts = [read_positions(path, POINTS, layout, at, min(at + LEARNING_TIMES, len(clock.time))) for at in starts]
    powers = np.array(
        [learn_powers(clock.time[at : at + len(part[0])], *part) for at, part in zip(starts, parts, strict=True)]
    )
    position, covariance = (np.concatenate(values) for values in zip(*parts, strict=True))
    weakest = weakest_power(clock.time, covariance)
    power = np.nanmax(powers, axis=0) if np.isfinite(powers).any() else np.full(powers.shape[1], weakest)
    limbs = learn_limbs(position, covariance, _pairs(layout, config["skeleton"]))
    return Learnt(power, limbs, config["tolerance"]), read_noise_factor(path)


def _pairs(layout: Layout, skeleton: list) -> np.ndarray:
    """The two points of each limb of each individual, i64[limb, 2]."""
    ends = np.array([[layout.keypoints.index(name) for name in pair] for pair in skeleton], int).reshape(-1, 2)
    return np.concatenate([ends + at * len(layout.keypoints) for at in range(len(layout.individuals))] or [ends])


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
