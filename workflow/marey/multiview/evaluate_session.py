"""Metrics of a session's points in space, of which nobody knows the truth: what the cameras say of each other.

Let s be where a camera sees a keypoint, and sigma how far off that is (`sigma_px` times the `noise_factor` of the
session). Of each camera and keypoint, and of all together:

    seen                  times at which the camera sees the keypoint, as a share of all times and individuals
    rejected, exchanged   views that disagree with the point of their time, and those that have left and right
                          exchanged, as shares of the views of points that have a position
    reprojection_*        distance of s from the smoothed pose, projected into the camera
    left_out_*            distance of s from the point of that time that all other cameras find, projected into the
                          camera: nothing that this camera sees made it, so that it is the honest measure
    left_out_inside       share of s within the 95 % ellipse about that place, by its covariance and sigma, of the views
                          that are neither rejected nor exchanged: 0.95 is good

Distances are px, over all views, also those rejected, as mean, median and p95 (95th percentile). Of each individual and
keypoint, and of all together:

    measured, bridged     positions in these states of table `poses3d`, as a share of all times

Of each individual and limb, from times at which both its ends are measured:

    limb_length           median
    limb_variation        standard deviation as a share of that: 1.4826 times the median absolute deviation

Shares of `poses3d` are of all times; the rest is of times evenly over the session, about POINTS_EVALUATED points.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from scipy.special import chdtri

from marey.multiview.cameras import Camera, project
from marey.multiview.left_out import leave_out
from marey.multiview.motion import MAD_TO_SD
from marey.multiview.session import Session, SessionTables, read_noise_factor, read_positions, read_session
from marey.multiview.triangulate_session import partners
from marey.multiview.triangulation import triangulate
from marey.multiview.views import Layout, place_in, read_views
from marey.tables import files
from marey.tables.cameras import CAMERAS
from marey.tables.poses3d import POSES3D, STATES
from marey.tables.session_metrics import ALL, SESSION_METRICS

POINTS_EVALUATED = 30_000
PARTS = 32  # of the session, that these are taken from
INSIDE = chdtri(2, 0.05)
COVERED = STATES[:2]
STATISTICS = {"mean": np.mean, "median": np.median, "p95": partial(np.quantile, q=0.95)}


class Judged(NamedTuple):
    """What some times of a session say, by individual and keypoint; NaN and False where there is nothing to judge."""

    seen: np.ndarray  # bool[time, individual, keypoint, camera]
    placed: np.ndarray  # bool[time, individual, keypoint, camera], seen, and the views of that time make a point
    used: np.ndarray  # bool[time, individual, keypoint, camera], and the view agrees with that
    exchanged: np.ndarray  # bool[time, individual, keypoint, camera], and has left and right exchanged
    reprojection: np.ndarray  # f64[time, individual, keypoint, camera], px
    left_out: np.ndarray  # f64[time, individual, keypoint, camera], px
    squares: np.ndarray  # f64[time, individual, keypoint, camera], of the same in standard deviations
    position: np.ndarray  # f64[time, individual, keypoint, 3], smoothed and measured


def evaluate_session(
    tables: SessionTables,
    points_path: str | Path,
    poses_path: str | Path,
    out: str | Path,
    *,
    config: dict,
    provenance: dict | None = None,
) -> None:
    """Write the table `session_metrics` of a session.

    Args:
        tables: the files of the session.
        points_path: the table `points` of the session.
        poses_path: its table `poses3d`.
        out: where to write.
        config: as of `triangulate_session`, with `skeleton` (pairs of keypoints).
        provenance: what the result was made from, for its metadata.

    Raises:
        ValueError: a camera of the session is not in `cameras`, or `poses3d` is of another session.
    """
    session = read_session(tables, config)
    factor = read_noise_factor(points_path)
    parts = [_judge(session, tables.tracks, poses_path, span, factor, config) for span in _spans(session)]
    judged = Judged(*(np.concatenate(values) for values in zip(*parts, strict=True)))
    unit = files.read(tables.cameras, CAMERAS, ["unit"])["unit"].iloc[0]
    rows = [
        *_camera_rows(judged, session.cameras, session.layout),
        *_coverage_rows(poses_path, session.layout),
        *_limb_rows(judged.position, session.layout, config["skeleton"], unit),
    ]
    files.write(out, pd.DataFrame(rows, columns=SESSION_METRICS.names), SESSION_METRICS, provenance=provenance)


def _spans(session: Session) -> list[tuple[int, int]]:
    """Times [start, stop) that are evaluated."""
    ticks, size = len(session.clock.time), max(1, session.layout.size)
    length = max(1, POINTS_EVALUATED // (PARTS * size))
    if PARTS * length >= ticks:
        return [(start, min(start + length, ticks)) for start in range(0, ticks, length)]
    return [(start, start + length) for start in np.linspace(0, ticks - length, PARTS).astype(int).tolist()]


def _judge(session: Session, tracks: Mapping, poses_path, span: tuple[int, int], factor: float, config: dict) -> Judged:
    cameras, clock, layout = session
    views = read_views(tracks, clock, layout, *span, config=config)
    position, measured = _read_measured(poses_path, layout, *span)
    seen = views.seen.reshape(-1, len(cameras), 2)
    sigma = factor * views.sigma.reshape(-1, len(cameras))
    options = {name: config[name] for name in ("tolerance", "min_views")} | {"partner": partners(layout, len(position))}
    found = triangulate(cameras, seen, sigma, **options)
    there = np.isfinite(seen[..., 0])
    smoothed = np.stack([project(camera, position.reshape(-1, 3)) for camera in cameras], axis=1)
    left_out = [_left_out(cameras, at, seen, sigma, options) for at in range(len(cameras))]
    flat = (
        there,
        there & np.isfinite(found.position[:, :1]),
        found.used,
        found.exchanged,
        np.linalg.norm(seen - smoothed, axis=-1),
        *(np.stack(values, axis=1) for values in zip(*left_out, strict=True)),
        np.where(measured.reshape(-1, 1), position.reshape(-1, 3), np.nan),
    )
    shape = (len(position), len(layout.individuals), len(layout.keypoints))
    return Judged(*(values.reshape(*shape, values.shape[1]) for values in flat))


def _read_measured(poses_path, layout: Layout, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Smoothed positions f64[time, point, 3], and which are measured, bool[time, point]."""
    position, _ = read_positions(poses_path, POSES3D, layout, start, stop)
    rows = files.read_frames(poses_path, POSES3D, ["state"], start=start, stop=stop)
    return position, pc.equal(rows["state"], "measured").to_numpy().reshape(position.shape[:2])


def _left_out(cameras: list[Camera], out: int, seen, sigma, options: dict) -> tuple[np.ndarray, np.ndarray]:
    """Distances f64[point], px, of what a camera sees from what the others expect, and their squared deviations."""
    expected = leave_out(cameras, out, seen, sigma, **options)
    away = seen[:, out] - expected.pixels
    known = np.isfinite(away[:, 0])
    spread = expected.covariance[known] + sigma[known, out, None, None] ** 2 * np.eye(2)
    squares = np.full(len(away), np.nan)
    squares[known] = (away[known] * np.linalg.solve(spread, away[known][..., None])[..., 0]).sum(axis=1)
    return np.linalg.norm(away, axis=1), squares


def _camera_rows(judged: Judged, cameras: list[Camera], layout: Layout) -> Iterator[dict]:
    for camera, name in [*((at, camera.name) for at, camera in enumerate(cameras)), (slice(None), ALL)]:
        for keypoint, called in [*enumerate(layout.keypoints), (slice(None), ALL)]:
            own = Judged(*(values[:, :, keypoint, camera].ravel() for values in judged[:-1]), position=None)
            for metric, unit, value, points in _camera_metrics(own):
                yield _row(metric, unit, value, points, camera=name, keypoint=called)


def _camera_metrics(judged: Judged) -> Iterator[tuple[str, str, float, int]]:
    """Metrics of views [n], of one camera or keypoint or of all: name, unit, value, and how many it rests on."""
    yield "seen", "fraction", _share(judged.seen), judged.seen.size
    placed = judged.placed
    yield "rejected", "fraction", _share(~judged.used[placed]), placed.sum()
    yield "exchanged", "fraction", _share(judged.exchanged[placed]), placed.sum()
    for kind, distance in (("reprojection", judged.reprojection), ("left_out", judged.left_out)):
        known = distance[np.isfinite(distance)]
        for name, statistic in STATISTICS.items():
            yield f"{kind}_{name}", "px", statistic(known) if len(known) else np.nan, len(known)
    squares = judged.squares[np.isfinite(judged.squares) & judged.used & ~judged.exchanged]
    yield "left_out_inside", "fraction", _share(squares < INSIDE), len(squares)


def _coverage_rows(poses_path: str | Path, layout: Layout) -> Iterator[dict]:
    counts = np.zeros((len(STATES), len(layout.individuals), len(layout.keypoints)), int)
    names = {"state": STATES, "individual": layout.individuals, "keypoint": layout.keypoints}
    for batch in files.batches(poses_path, POSES3D, list(names), rows=files.ROW_GROUP):
        np.add.at(counts, tuple(place_in(batch[name], known) for name, known in names.items()), 1)
    for individual, name in [*enumerate(layout.individuals), (slice(None), ALL)]:
        for keypoint, called in [*enumerate(layout.keypoints), (slice(None), ALL)]:
            states = counts[:, individual, keypoint].reshape(len(STATES), -1).sum(axis=1)
            for state, number in zip(COVERED, states, strict=False):
                value = number / states.sum() if states.sum() else np.nan
                yield _row(state, "fraction", value, states.sum(), individual=name, keypoint=called)


def _limb_rows(position: np.ndarray, layout: Layout, skeleton: list, unit: str) -> Iterator[dict]:
    for at, individual in enumerate(layout.individuals):
        for one, other in skeleton:
            ends = (position[:, at, layout.keypoints.index(name)] for name in (one, other))
            length = np.linalg.norm(np.subtract(*ends), axis=1)
            length = length[np.isfinite(length)]
            middle = np.median(length) if len(length) else np.nan
            spread = MAD_TO_SD * np.median(np.abs(length - middle)) / middle if middle > 0 else np.nan
            for metric, of, value in (("limb_length", unit, middle), ("limb_variation", "fraction", spread)):
                yield _row(metric, of, value, len(length), individual=individual, keypoint=one, other=other)


def _row(metric: str, unit: str, value: float, points: int, **place: str) -> dict:
    about = {"camera": ALL, "individual": ALL, "keypoint": ALL, "other": None, **place}
    return {"metric": metric, **about, "unit": unit, "value": float(value), "points": int(points)}


def _share(flags: np.ndarray) -> float:
    return flags.mean() if flags.size else np.nan
