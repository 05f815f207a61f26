"""The times of a session, and which frame each camera has at each of them.

Frames of different cameras belong together by time, not by number: videos begin late, end early and lose frames.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from marey.tables import files
from marey.tables.frames import FRAMES

TOGETHER = 0.5  # frame intervals: frames that are closer in time are of one time
NO_FRAME = -1


class Clock(NamedTuple):
    """The times of a session."""

    cameras: tuple[str, ...]
    time: np.ndarray  # f64[tick], s
    frame: np.ndarray  # i32[tick, camera], the frame that a camera has then; NO_FRAME = none


def read_clock(paths: Mapping[str, str | Path], offsets: Mapping[str, float] | None = None) -> Clock:
    """Read the times of a session.

    Args:
        paths: of each camera the table `frames` of its video.
        offsets: of a camera, s that are added to its times.

    Returns:
        The clock, its cameras in the order of `paths`.

    Raises:
        ValueError: none of the cameras has a frame.
    """
    offsets = offsets or {}
    times, frames, owners = [], [], []
    for at, (camera, path) in enumerate(paths.items()):
        for batch in files.batches(path, FRAMES, ["frame", "time"], rows=files.ROW_GROUP):
            times.append(batch["time"].to_numpy() + offsets.get(camera, 0.0))
            frames.append(batch["frame"].to_numpy().astype(np.int32))
            owners.append(np.full(len(batch), at, np.int8))
    if not times:
        raise ValueError(f"{', '.join(map(str, paths.values()))}: no frames; expected those of at least one camera")
    return _merge(tuple(paths), *map(np.concatenate, (times, frames, owners)))


def _merge(cameras: tuple[str, ...], time: np.ndarray, frame: np.ndarray, owner: np.ndarray) -> Clock:
    order = np.argsort(time, kind="stable")
    time, frame, owner = time[order], frame[order], owner[order]
    interval = _interval(time, owner)
    new = np.concatenate([[True], np.diff(time) > TOGETHER * interval])
    first = time[new][np.cumsum(new) - 1]  # where cameras run between each other a group grows long: cut it by interval
    part = np.floor((time - first) / interval + TOGETHER) if interval else np.zeros(len(time))
    new |= np.concatenate([[False], np.diff(part) > 0])
    tick = np.cumsum(new) - 1
    of = np.full((tick[-1] + 1, len(cameras)), NO_FRAME, np.int32)
    of[tick[::-1], owner[::-1]] = frame[::-1]  # of two frames of a camera the first
    return Clock(cameras, time[new], of)


def _interval(time: np.ndarray, owner: np.ndarray) -> float:
    """The shortest of the cameras' median frame intervals, s."""
    steps = [np.diff(time[owner == one]) for one in np.unique(owner)]
    return min((float(np.median(step)) for step in steps if len(step)), default=0.0)


def camera_times(path: str | Path, frame: np.ndarray, *, offset: float = 0.0) -> np.ndarray:
    """Read when a camera has its own frames at some ticks: ticks are of all cameras, and theirs may be a little apart.

    Args:
        path: the table `frames` of its video.
        frame: i32[tick], a column of `Clock.frame`.
        offset: s that are added.

    Returns:
        f64[tick], s; NaN where the camera has no frame.
    """
    times = np.full(len(frame), np.nan)
    there = frame != NO_FRAME
    if there.any():
        start, stop = int(frame[there].min()), int(frame[there].max()) + 1
        rows = files.read_frames(path, FRAMES, ["frame", "time"], start=start, stop=stop)
        of = np.full(stop - start, np.nan)
        of[rows["frame"].to_numpy() - start] = rows["time"].to_numpy()
        times[there] = of[frame[there] - start] + offset
    return times


def frame_interval(clock: Clock) -> float:
    """Return the median time from one tick to the next, s; 1 where there is one tick."""
    return float(np.median(np.diff(clock.time))) if len(clock.time) > 1 else 1.0
