"""Noise has the deviation that it is asked for; one square is erased, where it is asked for."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from marey.training.augment import sensor

cutout = jax.jit(sensor.cutout)
IMAGE = np.random.default_rng(0).uniform(size=(40, 52, 3)).astype(np.float32)


def test_noise_is_normal_and_the_same_in_all_channels():
    normal = jax.random.normal(jax.random.key(0), (40, 52, 1))
    change = np.asarray(sensor.noise(jnp.asarray(IMAGE), normal, 0.05)) - IMAGE
    assert stats.kstest(change[..., 0].ravel() / 0.05, "norm").pvalue > 0.01
    assert_allclose(change[..., 0], change[..., 2], atol=1e-6)


@settings(max_examples=30)
@given(st.floats(0, 52, width=32), st.floats(0, 40, width=32), st.floats(0, 20, width=32))
def test_cutout_erases_the_pixels_whose_centres_lie_in_a_square(x, y, side):
    result = np.asarray(cutout(IMAGE, np.float32([x, y]), side))
    for row, column in np.ndindex(40, 52):
        distance = max(abs(np.float32(column + 0.5) - x), abs(np.float32(row + 0.5) - y))
        if abs(distance - side / 2) > 1e-4:
            expected = IMAGE.mean() if distance < side / 2 else IMAGE[row, column]
            assert_allclose(result[row, column], expected, rtol=1e-5)


def test_a_square_of_no_side_erases_nothing():
    assert_array_equal(cutout(IMAGE, np.float32([20.5, 11.5]), 0.0), IMAGE)
