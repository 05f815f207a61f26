"""What measured offsets of cameras mean: the camera that the others are held against, verdicts, and what to do."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from marey.multiview.fine_offsets import spread
from marey.multiview.offsets import Found, Measured, Span, offset_span
from marey.tables.sync import CANNOT_BE_TOLD, IN_STEP, OFF_BY

IN_STEP_WITHIN = 0.25  # frames: less than the half by which frames of one time may be apart anyway
TOLD_WITHIN = 0.5  # frames to either side: wider intervals do not even say which frames belong together
HOUR = 3600.0  # s


def tell(span: Span, step: float) -> str:
    """Return the verdict on an offset; `step`: s of a frame."""
    if max(-span.low, span.high) <= IN_STEP_WITHIN * step:
        return IN_STEP
    if (span.low > 0 or span.high < 0) and span.high - span.low <= 2 * TOLD_WITHIN * step:
        return OFF_BY
    return CANNOT_BE_TOLD


def choose_reference(found: Found, most: float) -> int:
    """Choose the camera that most others are in step with; of several, the one against which offsets are surest."""
    cameras = range(len(found.estimate.offset))

    def rank(reference: int) -> tuple[int, float]:
        spans = [offset_span(found, camera, reference, most) for camera in cameras if camera != reference]
        in_step = sum(tell(span, found.step) == IN_STEP for span in spans)
        return -in_step, sum(span.high - span.low for span in spans)

    return min(cameras, key=rank)


class Judged(NamedTuple):
    """What is said of a camera; the first of spans and verdicts is of all the session, the others of its parts."""

    spans: list[Span]  # s
    verdicts: list[str]
    drift: Span | None  # s a s; there is none of a single part
    drifts: bool  # so much that it is out of step at an end of the session
    jumps: bool


def judge_camera(measured: Measured, camera: int, reference: int, time: np.ndarray, most: float) -> Judged:
    """Judge a camera against another one.

    Args:
        measured: the offsets.
        camera: its number.
        reference: that of the other one.
        time: f64[window], s, the middles of the parts of the session.
        most: s, that offsets are, at most.

    Returns:
        What is said of it.
    """
    step = measured.whole.step
    spans = [offset_span(found, camera, reference, most) for found in (measured.whole, *measured.windows)]
    drift = Span(*spread(measured.drift, camera, reference)) if measured.drift else None
    drifting, jumping = _drifts(drift, time, step), _jumps(spans[1:], time, step)
    verdicts = [tell(span, step) for span in spans]
    if drifting or jumping:
        verdicts[0] = OFF_BY
    return Judged(spans, verdicts, drift, drifting, jumping)


def _drifts(drift: Span | None, time: np.ndarray, step: float) -> bool:
    """Tell whether a drift surely takes a camera out of step by the ends of a session, whose parts are at `time`, s."""
    if drift is None or drift.low <= 0 <= drift.high:
        return False
    return bool(min(abs(drift.low), abs(drift.high)) * np.ptp(time) / 2 > IN_STEP_WITHIN * step)


def _jumps(spans: Sequence[Span], time: np.ndarray, step: float) -> bool:
    """Tell whether the offsets of the parts of a session, at `time` f64[part], s, are on no line: frames are lost."""
    told = np.array([tell(span, step) != CANNOT_BE_TOLD for span in spans])
    if told.sum() < 3:
        return False
    value, low, high = np.array(spans)[told].T
    reach = (high - low) / 2 + IN_STEP_WITHIN * step
    if np.ptp(value) < IN_STEP_WITHIN * step:
        return False
    line = np.polyval(np.polyfit(time[told], value, 1, w=1 / reach), time[told])
    return bool((np.abs(value - line) > reach).any())


def advise(camera: str, reference: str, judged: Judged, verdict: str, offset: float) -> str | None:
    """Say what to do about a camera; None where it is in step.

    Args:
        camera: its name.
        reference: the camera that it is held against.
        judged: what is said of it.
        verdict: on all of the session.
        offset: what `cameras.offsets` adds to its times, s.

    Returns:
        What to do.
    """
    if verdict == IN_STEP:
        return None
    if verdict == CANNOT_BE_TOLD:
        return "film a quick motion that several cameras see, or trust the time stamps"
    if judged.jumps:
        return "it loses frames without a gap in its time stamps, so that no one offset is right: see its parts"
    if judged.drifts:
        drift = HOUR * judged.drift.value
        return f"its clock drifts by {drift:+.3f} s an hour against that of {reference}: correct its frame rate"
    return f"set cameras.offsets: {{{camera}: {offset + judged.spans[0].value:.4f}}}"
