"""Textures: tiles that wrap around, sampled in mm."""

import numpy as np
import pytest

from marey.synth.textures import SIDE, cloud_tile, litter_tile, noise_tile, sample


def test_noise_has_unit_variance_and_wraps_around():
    tile = noise_tile(9)
    assert tile.std() == pytest.approx(1, abs=1e-3)
    assert np.abs(tile[0] - tile[-1]).max() < 2 * np.abs(np.diff(tile, axis=0)).max()
    assert noise_tile(0.0).shape == (SIDE, SIDE)
    assert cloud_tile().std() == pytest.approx(1, abs=1e-3)


def test_litter_covers_most_of_the_ground():
    tile = litter_tile(4, 1.5)
    assert -1 <= tile.min() <= tile.max() <= 1
    assert 0.05 < (tile == -1).mean() < 0.4


def test_a_sample_repeats_and_scales():
    x, y = (plane.astype(np.float32) for plane in np.meshgrid(np.arange(0, 50, 0.5), np.arange(0, 50, 0.5)))
    fine, same, coarse = (sample(np.random.default_rng(1), noise_tile(3), x, y, texel) for texel in (0.5, 0.5, 4.0))
    np.testing.assert_array_equal(fine, same)
    assert np.abs(np.diff(coarse)).mean() < 0.4 * np.abs(np.diff(fine)).mean()
