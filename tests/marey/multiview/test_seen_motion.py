"""Places and velocities between frames, against paths that are known."""

import numpy as np
import pytest

from marey.multiview.seen_motion import Strand, trace

CHANCE = np.random.default_rng(0)
TIME = np.arange(60) / 30


def parabola(time):
    """Where a point is, (x, y) px, and how fast."""
    time = np.asarray(time)[..., None]
    return np.concatenate([100 + 40 * time, 50 - 30 * time + 80 * time**2], -1), np.concatenate(
        [np.full_like(time, 40.0), -30 + 160 * time], -1
    )


def strand(time, place, sigma=1.0):
    return Strand(np.asarray(time), place[:, None], np.full((len(time), 1), sigma))


@pytest.mark.parametrize("jitter", [0.0, 0.008])
def test_a_parabola_is_found_exactly_at_any_time(jitter):
    time = TIME + jitter * CHANCE.uniform(-1, 1, len(TIME))
    when = np.array([0.5, 0.517, 1.0001, 1.4])
    place, speed, _ = trace(strand(time, parabola(time)[0]), when)
    assert place[:, 0] == pytest.approx(parabola(when)[0], abs=1e-8)
    assert speed[:, 0] == pytest.approx(parabola(when)[1], abs=1e-6)


def test_gaps_and_gross_outliers_change_nothing_and_ends_have_no_place():
    place = parabola(TIME)[0]
    place[[10, 31, 44]] = 900.0
    place[20:24] = np.nan
    when = TIME[3:-3]
    found = trace(strand(TIME, place), when)[0][:, 0]
    known = np.isfinite(found[:, 0])
    assert found[known] == pytest.approx(parabola(when)[0][known], abs=1e-8)
    assert known.mean() > 0.8
    assert np.isnan(trace(strand(TIME, place), np.array([-0.1, 0.0, TIME[-1], 3.0]))[0]).all()


def test_between_frames_it_is_about_as_sure_as_at_one():
    noise = CHANCE.normal(size=(60, 400, 2))
    many = Strand(TIME, noise, np.ones((60, 400)))
    at, between = (trace(many, TIME[20:40] + part / 30)[0].std() for part in (0.0, 0.5))
    assert between == pytest.approx(at, rel=0.1)
    said = trace(many, TIME[20:40])[2]
    assert said.std() < 1e-9
    assert np.median(trace(Strand(TIME, noise, np.full((60, 400), 3.0)), TIME[20:40])[2] / said) == pytest.approx(3.0)


def test_of_one_frame_nothing_is_known():
    place, speed, sigma = trace(strand(TIME[:1], parabola(TIME[:1])[0]), TIME[:4])
    assert np.isnan(place).all()
    assert np.isnan(speed).all()
    assert np.isnan(sigma).all()
