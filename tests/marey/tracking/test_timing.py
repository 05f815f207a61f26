"""Time stamps of recordings that lost frames, against the frames that were taken out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marey.tracking import timing


@given(st.sets(st.integers(0, 60)), st.floats(1, 240), st.integers(0, 2**31))
def test_ticks_are_the_numbers_that_frames_had_before_some_were_lost(lost, fps, seed):
    number = np.array([index for index in range(200) if index not in lost])
    jitter = np.random.default_rng(seed).uniform(-0.2, 0.2, len(number))
    ticks = timing.frame_ticks((number + jitter) / fps)
    np.testing.assert_array_equal(ticks, number - number[0])
    np.testing.assert_array_equal(timing.lost_frames((number + jitter) / fps), np.diff(number) - 1)


@given(st.sets(st.integers(0, 60)), st.integers(1, 100))
def test_lost_frames_come_back_where_they_were(lost, most):
    number = np.array([index for index in range(200) if index not in lost])
    time, place = timing.with_lost_frames(number / 30, most=most)
    np.testing.assert_allclose(time[place], number / 30)
    assert (np.diff(time) > 0).all()
    there = set(number[number < number[-1]].tolist())
    due = [
        n for n in range(number[0], 200) if n in there or n == 199 or any(n - k in there for k in range(1, most + 1))
    ]
    np.testing.assert_allclose(time, np.array(due) / 30, atol=1e-9)


@pytest.mark.parametrize(
    ("step", "lost"), [(0.0, 0), (1.0, 0), (1.49, 0), (1.51, 1), (2.49, 1), (2.51, 2), (1e9, 10**9 - 1)]
)
def test_a_step_of_more_than_one_and_a_half_intervals_is_a_hole(step, lost):
    time = np.cumsum([0.0, *[1.0] * 5, step, *[1.0] * 5]) / 25
    assert timing.lost_frames(time).tolist() == [*[0] * 5, lost, *[0] * 5]


@pytest.mark.parametrize("time", [[], [3.0], [3.0, 3.0]])
def test_short_and_still_videos(time):
    time = np.array(time)
    assert timing.frame_ticks(time).tolist() == [*range(len(time))]
    all_times, place = timing.with_lost_frames(time, most=5)
    assert all_times.tolist() == time.tolist()
    assert place.tolist() == [*range(len(time))]
