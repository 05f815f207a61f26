"""Backgrounds of videos against made ones."""

import numpy as np
import pytest

from marey.synth.backgrounds import background_trust, median_background


def test_the_empty_place_is_found_behind_an_animal():
    chance = np.random.default_rng(0)
    truth = chance.integers(60, 250, (40, 60, 3), dtype=np.uint8)
    frames = np.repeat(truth[None], 21, axis=0)
    for number, frame in enumerate(frames):
        frame[10:20, 2 * number : 2 * number + 14] = 20
    found = median_background(frames)
    np.testing.assert_array_equal(found, truth)
    trust = background_trust(frames, found)
    assert (trust[25:] == 1).all()
    assert trust[15, 30] == pytest.approx(14 / 21)  # 7 of 21 frames show the animal there


def test_where_an_animal_rests_the_background_is_not_trusted():
    frames = np.full((20, 30, 30, 3), 200, np.uint8)
    frames[:8, 5:15, 5:15] = 30
    frames[8:14, 5:15, 5:15] = 90
    trust = background_trust(frames, median_background(frames))
    assert trust[10, 10] < 0.5
    assert trust[20, 20] == 1


def test_noise_of_the_sensor_is_no_change():
    chance = np.random.default_rng(1)
    frames = np.clip(chance.normal(120, 2, (15, 20, 20, 3)), 0, 255).astype(np.uint8)
    found = median_background(frames)
    assert np.abs(found.astype(int) - 120).max() <= 3
    assert background_trust(frames, found).min() > 0.9


def test_no_frames_are_an_error():
    with pytest.raises(ValueError, match="no frame to take the background from"):
        median_background(np.zeros((0, 4, 4, 3), np.uint8))
