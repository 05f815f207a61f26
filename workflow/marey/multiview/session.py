"""What the stages of a session have in common: its cameras, the times of their frames, and what is at each place."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from marey.multiview import cameras as rig
from marey.multiview.cameras import Camera
from marey.multiview.clock import Clock, read_clock
from marey.multiview.views import Layout, read_layout
from marey.tables import files
from marey.tables.points import COVARIANCE, POINTS, UPPER
from marey.tables.probe import PROBE

VIEWS_AT_ONCE = 262_144  # that are read together: some 10 MB


class Session(NamedTuple):
    """A session: its cameras, the clock that joins their frames, and the points that are looked for."""

    cameras: list[Camera]
    clock: Clock
    layout: Layout


class SessionTables(NamedTuple):
    """Files of what is known of a session before its points are looked for.

    `cameras` is its table `cameras`; `tracks` and `frames` are the tables of these names of its videos, by camera.
    `matches` is its table `matches`; None: individuals of different cameras are those of one name.
    """

    cameras: str | Path
    tracks: Mapping[str, str | Path]
    frames: Mapping[str, str | Path]
    matches: str | Path | None = None


def session_tables(
    cameras: str | Path,
    tracks: Sequence[str | Path],
    frames: Sequence[str | Path],
    matches: str | Path | None = None,
    *,
    views: Mapping[str, str],
) -> SessionTables:
    """Put the tables of a session in their places.

    Args:
        cameras: its table `cameras`.
        tracks: the table `tracks` of each video, called as that is.
        frames: the table `frames` of each, in the same order.
        matches: its table `matches`; None or empty: it has none.
        views: the id of each camera's video.
    """
    camera_of = {video: camera for camera, video in views.items()}
    names = [camera_of[Path(path).stem] for path in tracks]
    return SessionTables(
        cameras, dict(zip(names, tracks, strict=True)), dict(zip(names, frames, strict=True)), matches or None
    )


def read_session(tables: SessionTables, config: dict) -> Session:
    """Read what all stages of a session need.

    Args:
        tables: its files.
        config: `offsets` (s, by camera), `keypoints` and `symmetry`.

    Raises:
        ValueError: a camera that has tracks is not in `cameras`, or fewer than two have some.
    """
    cameras = _cameras(tables.cameras, tables.tracks)
    clock = read_clock({camera.name: tables.frames[camera.name] for camera in cameras}, config["offsets"])
    return Session(cameras, clock, read_layout(tables.tracks, config, tables.matches))


def _cameras(path: str | Path, tracks: Mapping[str, str | Path]) -> list[Camera]:
    """Read the cameras of a session. ValueError where there are tracks of others, or of fewer than two."""
    known = {camera.name: camera for camera in rig.read_cameras(path)}
    missing = sorted(tracks.keys() - known, key=rig.natural)
    if missing or len(tracks) < 2:
        what = f"camera {', '.join(missing)} is not there" if missing else f"{len(tracks)} camera has poses"
        raise ValueError(f"{path}: {what}; expected two cameras or more, of {', '.join(known)}")
    return [camera for name, camera in known.items() if name in tracks]


def check_sizes(cameras_path: str | Path, probes: Mapping[str, str | Path]) -> None:
    """Raise ValueError where a camera was calibrated in images of another size than its video has.

    `probes`: of each camera the table `probe` of its video. Sizes that a calibration does not say are no fault.
    """
    for camera in rig.read_cameras(cameras_path):
        if camera.name not in probes or not any(camera.size):
            continue
        row = files.read(probes[camera.name], PROBE, ["path", "width", "height"]).iloc[0]
        if camera.size != (row["width"], row["height"]):
            raise ValueError(
                f"{row['path']}: has images of {row['width']} x {row['height']} px, but its camera {camera.name} was "
                f"calibrated in images of {camera.size[0]} x {camera.size[1]}; videos that are cropped, scaled or "
                "turned need a calibration of their own"
            )


def blocks(ticks: int, size: int, *, most: int = VIEWS_AT_ONCE) -> Iterator[tuple[int, int]]:
    """Part ticks, of `size` views or points each, into ranges [start, stop) of about `most` of them."""
    length = max(1, most // max(1, size))
    for start in range(0, ticks, length):
        yield start, min(start + length, ticks)


def read_noise_factor(points_path: str | Path) -> float:
    """Read from a table `points` what sigma was multiplied by in all of the session; 1 where it has no rows."""
    rows = files.read_frames(points_path, POINTS, ["noise_factor"], start=0, stop=1)
    return rows["noise_factor"][0].as_py() if len(rows) else 1.0


def read_positions(
    path: str | Path, schema: pa.Schema, layout: Layout, start: int, stop: int
) -> tuple[np.ndarray, np.ndarray]:
    """Read the positions of the times [start, stop).

    Args:
        path: a table `points` or `poses3d` of the session.
        schema: which of the two.
        layout: the points.
        start: first time.
        stop: the time after the last.

    Returns:
        Positions f64[time, point, 3], NaN = none, and their covariances f64[time, point, 3, 3].

    Raises:
        ValueError: the table is of another session.
    """
    rows = files.read_frames(path, schema, [*"xyz", *COVARIANCE], start=start, stop=stop)
    if len(rows) != (stop - start) * layout.size:
        stage = "triangulate_session" if schema is POINTS else "smooth_session"
        raise ValueError(
            f"{path}: has {len(rows)} rows of the times {start} to {stop}, expected {(stop - start) * layout.size}; "
            f"run `{stage}` again"
        )
    shape = (stop - start, layout.size)
    position = np.stack([rows[name].to_numpy() for name in "xyz"], axis=-1).reshape(*shape, 3).astype(float)
    covariance = np.empty((*shape, 3, 3))
    entries = np.stack([rows[name].to_numpy() for name in COVARIANCE], axis=-1).reshape(*shape, 6)
    covariance[..., *UPPER] = covariance[..., UPPER[1], UPPER[0]] = entries
    return position, covariance
