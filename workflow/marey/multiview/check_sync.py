"""Check that the cameras of a session are in step, by the motion of what they see and by their time stamps.

Cameras are in step where what they see at one time is one point in space. In each part of the session, offsets are
found to a frame first (see `coarse_offsets`), then to parts of one (see `fine_offsets`).
"""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from marey.multiview.camera_names import check_names
from marey.multiview.clock import NO_FRAME, camera_times, frame_interval
from marey.multiview.fine_offsets import Piece
from marey.multiview.offsets import Measured, Span, measure
from marey.multiview.seen_motion import Strand
from marey.multiview.session import Session, SessionTables, read_session
from marey.multiview.sync_verdicts import HOUR, advise, choose_reference, judge_camera
from marey.multiview.views import read_views
from marey.tables import files
from marey.tables.sync import CANNOT_BE_TOLD, SYNC, WHOLE

MOST_WINDOWS, MIN_WINDOW = 10, 300  # of a session; frames
PIECE = 300  # frames in a row that are looked at, where a window is longer than what is looked at
MOST_SAMPLES = 12_000  # points at some times, of a window, that are looked at

Paths = Mapping[str, str | Path]  # by camera


def check_sync(
    tables: SessionTables,
    out: str | Path,
    *,
    config: dict,
    provenance: dict | None = None,
) -> None:
    """Write the table `sync` of a session.

    Args:
        tables: the files of the session.
        out: where to write.
        config: as `triangulate_session`, with `max_offset` (s: cameras are never farther out of step).
        provenance: what the result was made from, for its metadata.

    Raises:
        ValueError: a camera of the session is not in `cameras`, or the names of two cameras are exchanged.
    """
    session = read_session(tables, config)
    if not session.layout.size:
        session = session._replace(layout=session.layout._replace(individuals=("nobody",)))
    check_names(session, tables.tracks, config)
    windows = _windows(len(session.clock.time))
    step = frame_interval(session.clock)
    pieces = [
        _pieces(session, tables.tracks, tables.frames, window, step, config) for window in tqdm(windows, desc="windows")
    ]
    limits = {"most": config["max_offset"], "tolerance": config["tolerance"]}
    measured = measure(session.cameras, pieces, step=step, **limits)
    rows = _rows(session, measured, windows, tables.frames, config)
    files.write(out, pd.DataFrame(rows, columns=SYNC.names), SYNC, provenance=provenance)


def _windows(ticks: int) -> list[tuple[int, int]]:
    """Part the times of a session: [start, stop) each."""
    bounds = np.linspace(0, ticks, min(MOST_WINDOWS, max(1, ticks // MIN_WINDOW)) + 1).astype(int)
    return list(pairwise(bounds.tolist()))


def _pieces(
    session: Session, tracks: Paths, frames: Paths, window: tuple[int, int], step: float, config: dict
) -> list[Piece]:
    """Read what is looked at of a window, and what cameras see up to `max_offset` before and after."""
    start, stop = window
    margin = int(np.ceil(config["max_offset"] / step)) + PIECE // 10
    looked = max(2, MOST_SAMPLES // max(1, session.layout.size))
    length = stop - start if stop - start <= looked else min(PIECE, looked)
    pieces = []
    for first in np.linspace(start, stop - length, max(1, min(stop - start, looked) // length)).astype(int):
        time = session.clock.time[first : first + length]
        steps = min(round((time[-1] - time[0]) / step), 2 * length)  # a session that was interrupted has a hole
        around = max(0, first - margin), min(len(session.clock.time), first + length + margin)
        grid = time[0] + step * np.arange(steps + 1)
        pieces.append(Piece(grid, _strands(session, tracks, frames, *around, config)))
    return pieces


def _strands(session: Session, tracks: Paths, frames: Paths, start: int, stop: int, config: dict) -> list[Strand]:
    """Read what each camera sees at the times [start, stop) of a session, by its own time stamps."""
    views = read_views(tracks, session.clock, session.layout, start, stop, config=config)
    strands = []
    for at, camera in enumerate(session.clock.cameras):
        frame = session.clock.frame[start:stop, at]
        there = frame != NO_FRAME
        time = camera_times(frames[camera], frame, offset=config["offsets"].get(camera, 0.0))
        strands.append(Strand(time[there], views.seen[there, :, at], views.sigma[there, :, at]))
    return strands


def _rows(session: Session, measured: Measured, windows: list[tuple[int, int]], frames: Paths, config: dict) -> list:
    """The rows of the table."""
    names, most = session.clock.cameras, config["max_offset"]
    reference = choose_reference(measured.whole, most)
    spans = [(0, len(session.clock.time)), *windows]
    judged = [
        judge_camera(measured, at, reference, session.clock.time[_middles(windows)], most) for at in range(len(names))
    ]
    nothing = all(judged[at].verdicts[0] == CANNOT_BE_TOLD for at in range(len(names)) if at != reference)
    rows = []
    for at, (name, said) in enumerate(zip(names, judged, strict=True)):
        offset = config["offsets"].get(name, 0.0)
        stamps = [_stamps(session, frames, each, config) for each in (at, reference)]
        for window, (start, stop) in enumerate(spans):
            verdict = CANNOT_BE_TOLD if nothing else said.verdicts[window]
            row = {"camera": name, "window": window, "reference": names[reference], "verdict": verdict}
            row |= {"start": session.clock.time[start], "stop": session.clock.time[stop - 1]}
            row |= _numbers(said.spans[window], measured.whole.step)
            row |= _drift(said.drift if window == WHOLE else None)
            row |= _time_stamps(*(times[start:stop] for times in stamps))
            row["advice"] = None if window != WHOLE else advise(name, names[reference], said, verdict, offset)
            rows.append(row)
    return rows


def _middles(windows: list[tuple[int, int]]) -> list[int]:
    return [(start + stop) // 2 for start, stop in windows]


def _stamps(session: Session, frames: Paths, camera: int, config: dict) -> np.ndarray:
    """When a camera has its frames, f64[tick], s; NaN where it has none."""
    name = session.clock.cameras[camera]
    return camera_times(frames[name], session.clock.frame[:, camera], offset=config["offsets"].get(name, 0.0))


def _numbers(span: Span, step: float) -> dict[str, float]:
    names = ("offset", "low", "high")
    return dict(zip(names, span, strict=True)) | {
        f"{name}_frames": value / step for name, value in zip(names, span, strict=True)
    }


def _drift(drift: Span | None) -> dict[str, float | None]:
    hourly = [HOUR * value for value in drift] if drift else [None] * 3
    return dict(zip(("drift", "drift_low", "drift_high"), hourly, strict=True))


def _time_stamps(times: np.ndarray, reference: np.ndarray) -> dict[str, float | None]:
    """What time stamps f64[tick], s, say of a camera in a part of the session."""
    own, apart = times[np.isfinite(times)], (times - reference)[np.isfinite(times - reference)]
    steps = np.diff(own)
    lost = int(np.maximum(np.round(steps / np.median(steps)) - 1, 0).sum()) if len(steps) else 0
    return {"frames": len(own), "lost": lost, "apart": float(np.median(apart)) if len(apart) else None}
