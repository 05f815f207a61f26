"""Offsets of a session and of its parts, with intervals that hold what fits as well."""

import numpy as np
import pytest

from marey.multiview.coarse_offsets import Settled
from marey.multiview.fine_offsets import Estimate
from marey.multiview.offsets import Found, measure, offset_span

from . import made_motion

STEP = 1 / made_motion.FPS
MOST = 0.3


def test_parts_have_their_own_offsets_and_drift_is_found():
    frames = np.arange(900)
    times = [frames * STEP, (frames * 1.002 + 1) * STEP]  # from 1 to 2.8 frames
    windows = made_motion.pieces(made_motion.look(times), 3, MOST)
    found = measure(made_motion.CAMERAS[:2], windows, step=STEP, most=MOST, tolerance=5.0)
    assert [offset_span(each, 1, 0, MOST).value / STEP for each in found.windows] == pytest.approx(
        [1.3, 1.9, 2.5], abs=0.1
    )
    assert found.drift.offset[1] == pytest.approx(0.002, rel=0.05)
    assert offset_span(found.whole, 1, 0, MOST).value / STEP == pytest.approx(1.9, abs=0.1)


def found(offset, low, high, value, deviation=0.01):
    covariance = np.diag([0.0, deviation**2, deviation**2])
    return Found(
        Estimate(np.array(value), covariance, np.full(3, 50.0)), Settled(*map(np.array, (offset, low, high))), 1.0
    )


def test_what_fits_as_well_is_in_the_interval_of_both_cameras():
    one = found([0, 2, 0], [0, -4, 0], [0, 3, 0], [0.0, 2.2, 0.0])
    assert offset_span(one, 1, 0, 10) == pytest.approx((2.2, -3.8, 2.22), abs=0.01)
    assert offset_span(one, 0, 1, 10) == pytest.approx((-2.2, -2.22, 3.8), abs=0.01)
    assert offset_span(one, 2, 0, 10) == pytest.approx((0, -0.02, 0.02), abs=0.01)
    assert offset_span(one, 1, 0, 3) == pytest.approx((2.2, -3, 2.22), abs=0.01)
    assert offset_span(one, 1, 1, 10) == (0, 0, 0)


def test_an_offset_that_is_not_where_the_search_said_is_not_known():
    assert offset_span(found([0, 2, 0], [0, 2, 0], [0, 2, 0], [0.0, 3.6, 0.0]), 1, 0, 10) == (3.6, -10, 10)
