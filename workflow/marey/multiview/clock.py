"""The times of a session, and which frame each camera has at each of them.

Frames of different cameras belong together by time, not by number: videos begin late, end early and lose frames.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from marey.tables import files
from marey.tables.frames import FRAMES

TOGETHER = 0.5  # frame intervals: frames that are closer in time are of one time
NO_FRAME = -1
PART = 200_000  # frames of all cameras that are put together at a time, about


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
    times, frames = [], []
    for camera, path in paths.items():
        rows, start = files.open_table(path, FRAMES).metadata.num_rows, 0
        time, frame = np.empty(rows), np.empty(rows, np.int32)
        for batch in files.batches(path, FRAMES, ["frame", "time"], rows=files.ROW_GROUP):
            stop = start + len(batch)
            time[start:stop], frame[start:stop] = batch["time"], batch["frame"]
            start = stop
        times.append(time + offsets.get(camera, 0.0))
        frames.append(frame)
    if not any(map(len, times)):
        raise ValueError(f"{', '.join(map(str, paths.values()))}: no frames; expected those of at least one camera")
    interval = min((float(np.median(np.diff(own))) for own in times if len(own) > 1), default=0.0)
    most = sum(map(len, times))  # rows that are never written take no memory
    time, frame, ticks = np.empty(most), np.empty((most, len(paths)), np.int32), 0
    for part in _parts(times, frames, interval):
        when, of = _ticks(part, interval, len(paths))
        time[ticks : ticks + len(when)], frame[ticks : ticks + len(when)] = when, of
        ticks += len(when)
    return Clock(tuple(paths), time[:ticks], frame[:ticks])


class _Seen(NamedTuple):
    """Frames of all cameras, in the order of their times."""

    time: np.ndarray  # f64[row], s
    frame: np.ndarray  # i32[row]
    owner: np.ndarray  # i8[row], whose it is


def _parts(times: list[np.ndarray], frames: list[np.ndarray], interval: float) -> Iterator[_Seen]:
    """Yield the frames of all cameras in parts, cut where none is within TOGETHER of the one before.

    `times` f64[frame] and `frames` i32[frame] are those of each camera, in order.
    """
    ends = [time for own in times if len(own) for time in (own[0], own[-1])]
    count = -(-sum(map(len, times)) // PART)
    edges = np.linspace(min(ends), max(ends), count + 1)[1:-1]
    rows = [np.searchsorted(own, edges) for own in times]
    rows = [[0, *own.tolist(), len(time)] for own, time in zip(rows, times, strict=True)]
    left = _Seen(np.zeros(0), np.zeros(0, np.int32), np.zeros(0, np.int8))
    for part in range(count):
        within = [slice(own[part], own[part + 1]) for own in rows]
        time = np.concatenate([own[rows] for own, rows in zip(times, within, strict=True)])
        frame = np.concatenate([own[rows] for own, rows in zip(frames, within, strict=True)])
        owner = np.repeat(np.arange(len(times), dtype=np.int8), [rows.stop - rows.start for rows in within])
        order = np.argsort(time, kind="stable")
        seen = _Seen(*map(np.concatenate, zip(left, (time[order], frame[order], owner[order]), strict=True)))
        gaps = np.flatnonzero(np.diff(seen.time) > TOGETHER * interval) + 1
        cut = len(seen.time) if part == count - 1 else gaps[-1] if len(gaps) else 0
        if cut:
            yield _Seen(*(values[:cut] for values in seen))
        left = _Seen(*(values[cut:] for values in seen))


def _ticks(seen: _Seen, interval: float, cameras: int) -> tuple[np.ndarray, np.ndarray]:
    """Put frames that are close in time together: `time` and `frame` of Clock."""
    time, frame, owner = seen
    new = np.concatenate([[True], np.diff(time) > TOGETHER * interval])
    first = time[new][np.cumsum(new) - 1]  # where cameras run between each other a group grows long: cut it by interval
    part = np.floor((time - first) / interval + TOGETHER) if interval else np.zeros(len(time))
    new |= np.concatenate([[False], np.diff(part) > 0])
    tick = np.cumsum(new) - 1
    of = np.full((tick[-1] + 1, cameras), NO_FRAME, np.int32)
    of[tick[::-1], owner[::-1]] = frame[::-1]  # of two frames of a camera the first
    return time[new], of


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
        of = np.full(stop - start, np.nan)
        for first in range(start, stop, PART):
            last = min(first + PART, stop)
            rows = files.read_frames(path, FRAMES, ["frame", "time"], start=first, stop=last)
            of[rows["frame"].to_numpy() - start] = rows["time"].to_numpy()
        times[there] = of[frame[there] - start] + offset
    return times


def frame_interval(clock: Clock) -> float:
    """Return the median time from one tick to the next, s; 1 where there is one tick."""
    return float(np.median(np.diff(clock.time))) if len(clock.time) > 1 else 1.0
