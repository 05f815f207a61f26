"""Powers and limbs, of motion that is known."""

import numpy as np
import pytest

from marey.multiview import filtering
from marey.multiview.motion import learn_limbs, learn_powers, weakest_power

CHANCE = np.random.default_rng(0)
TIMES = 400


def test_limbs_are_as_long_as_they_are_and_vary_as_they_do():
    """One is stiff and 40 long, one varies by 4 about 60; both are measured with a noise of 1.5 per end and axis."""
    along = CHANCE.normal(size=(TIMES, 2, 3))
    along /= np.linalg.norm(along, axis=-1, keepdims=True)
    lengths = np.stack([np.full(TIMES, 40.0), CHANCE.normal(60, 4, TIMES)], axis=1)
    middle = 100 * CHANCE.normal(size=(TIMES, 1, 3))
    position = np.concatenate([middle, middle + lengths[..., None] * along, middle + 5], axis=1)
    position += 1.5 * CHANCE.normal(size=position.shape)
    position[20:, 3] = np.nan
    covariance = np.tile(1.5**2 * np.eye(3), (TIMES, 4, 1, 1))
    limbs = learn_limbs(position, covariance, np.array([[0, 1], [2, 0], [0, 3]]))
    assert limbs.ends.tolist() == [[0, 1], [2, 0]]  # the third is measured too seldom
    assert limbs.length == pytest.approx([40, 60], abs=0.6)
    assert limbs.spread[0] == pytest.approx(0.8, abs=0.5)
    assert limbs.spread[1] == pytest.approx(4, rel=0.15)


def test_what_moves_more_has_more_power_and_what_is_hardly_seen_the_most():
    time = np.arange(TIMES) / 30
    slow = np.stack([10 * np.sin(time), np.zeros(TIMES), np.zeros(TIMES)], axis=1)
    fast = np.stack([30 * np.sin(20 * time), np.zeros(TIMES), np.zeros(TIMES)], axis=1)
    position = np.stack([slow, fast, fast], axis=1) + 0.3 * CHANCE.normal(size=(TIMES, 3, 3))
    position[5:, 2] = np.nan
    covariance = np.tile(0.3**2 * np.eye(3), (TIMES, 3, 1, 1))
    power = learn_powers(time, position, covariance)
    assert power[1] > 100 * power[0]
    assert power[2] == power[1]
    assert np.isnan(learn_powers(time[:10], position[:10], covariance[:10])).all()


def test_the_weakest_smoothing_leaves_leaps_as_they_are():
    time = np.arange(300) / 50
    covariance = np.tile(4 * np.eye(3), (300, 1, 1, 1))
    leaps = CHANCE.normal(0, 100, (300, 1, 3))
    power = np.array([weakest_power(time, covariance)])
    sure = np.linalg.inv(covariance)
    smoothed, _ = filtering.smooth(time, sure, (sure @ leaps[..., None])[..., 0], power, filtering.vague_start(leaps))
    assert np.abs(smoothed - leaps).max() < 2  # their standard deviation
    assert weakest_power(time, np.full((300, 1, 3, 3), np.nan)) == 1
    assert weakest_power(time[:1], covariance[:1]) == 1
