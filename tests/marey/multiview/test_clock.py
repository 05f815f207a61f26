"""Frames of several cameras by time: late begins, early ends, lost frames, jitter, offsets."""

import numpy as np
import pytest

from marey.multiview import clock as module
from marey.multiview.clock import camera_times, frame_interval, read_clock

from . import session


def clock(folder, times: dict, offsets=None):
    paths = {name: folder / f"{name}.parquet" for name in times}
    for name, path in paths.items():
        session.write_frames(path, np.asarray(times[name], float))
    return read_clock(paths, offsets)


def test_in_step_the_tick_is_the_frame(tmp_path):
    found = clock(tmp_path, {"a": np.arange(5) / 30, "b": np.arange(5) / 30})
    assert found.cameras == ("a", "b")
    assert found.time == pytest.approx(np.arange(5) / 30)
    assert found.frame.tolist() == [[n, n] for n in range(5)]


def test_a_lost_frame_and_an_early_end_leave_holes(tmp_path):
    found = clock(tmp_path, {"a": np.array([0, 1, 3, 4, 5]) / 30, "b": np.arange(4) / 30})
    assert found.frame.tolist() == [[0, 0], [1, 1], [-1, 2], [2, 3], [3, -1], [4, -1]]


def test_times_that_tremble_are_together_and_offsets_count(tmp_path):
    chance = np.random.default_rng(0)
    a, b = (np.arange(50) / 30 + 0.004 * chance.uniform(-1, 1, 50) for _ in range(2))
    found = clock(tmp_path, {"a": a, "b": b + 2 / 30}, {"b": -1 / 30})
    assert found.frame.tolist() == [[n if n < 50 else -1, n - 1] for n in range(51)]


def test_cameras_of_other_rates_and_between_each_other_lose_no_time(tmp_path):
    found = clock(tmp_path, {"a": np.arange(60) / 60, "b": np.arange(30) / 30})
    assert found.frame[:4].tolist() == [[0, 0], [1, -1], [2, 1], [3, -1]]
    found = clock(tmp_path, {"a": np.arange(40) / 30, "b": (np.arange(40) + 0.45) / 30})
    assert found.frame.tolist() == [[n, n] for n in range(40)]


@pytest.mark.parametrize("shift", [0.0, 0.45])
def test_in_parts_the_clock_is_the_same(tmp_path, monkeypatch, shift):
    chance = np.random.default_rng(1)
    times = {name: (np.arange(100) + at * shift + chance.uniform(0, 0.2, 100)) / 30 for at, name in enumerate("abc")}
    times["a"] = np.delete(times["a"], [3, 50, 51, 52])
    times["b"][70:] += 9  # an interruption
    times["c"] = times["c"][:20]
    whole = clock(tmp_path, times)
    monkeypatch.setattr(module, "PART", 7)
    for one, other in zip(whole, clock(tmp_path, times), strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_frame_at_all_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"a.parquet, .*b.parquet: no frames"):
        clock(tmp_path, {"a": [], "b": []})


@pytest.mark.parametrize("part", [1, 2, 100])
def test_cameras_have_times_of_their_own_at_ticks(tmp_path, monkeypatch, part):
    monkeypatch.setattr(module, "PART", part)
    found = clock(tmp_path, {"a": np.arange(5) / 30, "b": np.array([0.01, 0.0433, 0.11])}, {"b": -0.005})
    assert frame_interval(found) == pytest.approx(1 / 30)
    times = camera_times(tmp_path / "b.parquet", found.frame[1:, 1], offset=-0.005)
    assert times == pytest.approx([0.0383, np.nan, 0.105, np.nan], nan_ok=True)
    assert frame_interval(clock(tmp_path, {"a": [0.5]})) == 1
