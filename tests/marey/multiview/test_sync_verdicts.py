"""Verdicts and advice, of offsets that are made by hand."""

import numpy as np
import pytest

from marey.multiview.coarse_offsets import Settled
from marey.multiview.fine_offsets import Estimate
from marey.multiview.offsets import Found, Measured, Span
from marey.multiview.sync_verdicts import advise, choose_reference, judge_camera, tell

STEP = 0.1
MOST = 2.0
TIME = np.array([10.0, 20.0, 30.0, 40.0])


def found(frames, deviations=None):
    """Offsets in frames, of cameras of which the first is known."""
    frames = np.asarray(frames, float)
    deviations = np.full(len(frames), 0.02) if deviations is None else np.asarray(deviations, float)
    deviations[0] = 0
    steps = np.round(frames).astype(int)
    return Found(
        Estimate(STEP * frames, np.diag((STEP * deviations) ** 2), np.full(len(frames), 50.0)),
        Settled(steps, steps, steps),
        STEP,
    )


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.2, 0.1, "in step"),
        (0.05, 0.2, "in step"),
        (0.1, 0.4, "off by"),
        (-5.3, -4.7, "off by"),
        (-0.1, 0.4, "cannot be told"),
        (2.0, 9.0, "cannot be told"),
    ],
)
def test_verdicts_follow_from_the_interval(low, high, verdict):
    assert tell(Span((low + high) / 2 * STEP, low * STEP, high * STEP), STEP) == verdict


def test_the_reference_is_the_camera_that_most_others_are_in_step_with():
    assert choose_reference(found([0, 5, 0, 0]), MOST) == 0
    assert choose_reference(found([0, 5, 5, 5]), MOST) in (1, 2, 3)
    assert choose_reference(found([0, 5]), MOST) == 0
    assert choose_reference(found([0, 0, 0, 0], [0, 0.01, 0.09, 0.09]), MOST) in (0, 1)


def judged(parts, drift, *, whole=None):
    parts = [found([0, each]) for each in parts]
    slope = None if drift is None else Estimate(np.array([0, drift]), np.diag([0, 1e-12]), np.full(2, 50.0))
    return judge_camera(Measured(whole or found([0, 0.1]), parts, slope), 1, 0, TIME[: len(parts)], MOST)


def test_a_camera_in_step_needs_nothing():
    said = judged([0.1, 0.12, 0.08, 0.1], 1e-5)
    assert said.verdicts == ["in step"] * 5
    assert not said.drifts
    assert not said.jumps
    assert advise("b", "a", said, "in step", 0.0) is None


def test_an_offset_is_added_to_what_is_set():
    said = judged([5.0, 5.0, 5.0], 0.0, whole=found([0, 5.0]))
    assert said.verdicts == ["off by"] * 4
    assert advise("b", "a", said, "off by", 0.25) == "set cameras.offsets: {b: 0.7500}"


def test_a_drift_that_matters_is_off_and_no_jump():
    said = judged([-1.4, -0.4, 0.6, 1.6], 0.01)
    assert said.verdicts[0] == "off by"
    assert said.drifts
    assert not said.jumps
    assert "drifts by +36.000 s an hour against that of a" in advise("b", "a", said, said.verdicts[0], 0.0)


def test_lost_frames_are_a_jump():
    said = judged([0.1, 0.1, 3.1, 3.1], 0.01)
    assert said.verdicts[0] == "off by"
    assert said.jumps
    assert "loses frames" in advise("b", "a", said, said.verdicts[0], 0.0)


def test_of_one_part_no_drift_is_told():
    said = judged([0.1], None)
    assert said.drift is None
    assert said.verdicts == ["in step", "in step"]
    assert "quick motion" in advise("b", "a", said, "cannot be told", 0.0)
