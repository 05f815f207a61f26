"""Gaussian blur against SciPy; motion blur against the mean of many shifted pictures."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from marey.training.augment import blurs

blur = jax.jit(blurs.blur, static_argnames="radius")
motion_blur = jax.jit(blurs.motion_blur, static_argnames="radius")
line_kernel = jax.jit(blurs.line_kernel, static_argnames="radius")
IMAGE = np.random.default_rng(0).uniform(size=(40, 52, 3)).astype(np.float32)


@pytest.mark.parametrize("sigma", [0.4, 1.0])
def test_blur_is_scipys(sigma):
    expected = ndimage.gaussian_filter(IMAGE.astype(float), (sigma, sigma, 0), mode="nearest", radius=(3, 3, 0))
    assert_allclose(blur(IMAGE, sigma, radius=3), expected, atol=1e-5)


def test_no_blur_is_none():
    assert_array_equal(blur(IMAGE, 0.0, radius=3), IMAGE)
    assert_array_equal(motion_blur(IMAGE, 0.0, 1.0, radius=3), IMAGE)


@pytest.mark.parametrize(("length", "angle"), [(6.0, 0.0), (5.0, np.pi / 2), (4.3, 0.6), (2.7, 2.2)])
def test_motion_blur_is_the_mean_of_shifted_pictures(length, angle):
    along = np.linspace(-length / 2, length / 2, 401)
    middle = (along[1:] + along[:-1]) / 2
    shifts = np.stack([np.sin(angle) * middle, np.cos(angle) * middle, 0 * middle], axis=1)
    image = IMAGE.astype(float)
    expected = np.mean([ndimage.shift(image, shift, order=1, mode="nearest") for shift in shifts], axis=0)
    result = motion_blur(IMAGE, length, angle, radius=3)
    assert_allclose(result, expected, atol=0.015)  # the blur itself changes pixels by up to 0.8


@settings(max_examples=40)
@given(st.floats(0, 8), st.floats(0, np.pi))
def test_a_line_kernel_is_centred_sums_to_one_and_is_as_long_as_asked(length, angle):
    kernel = np.asarray(line_kernel(length, angle, radius=4), float)
    rows, columns = np.mgrid[-4:5, -4:5]
    along = columns * np.cos(angle) + rows * np.sin(angle)
    assert (kernel >= 0).all()
    assert_allclose(kernel.sum(), 1, atol=1e-5)
    assert_allclose([(kernel * rows).sum(), (kernel * columns).sum()], 0, atol=1e-4)
    variance = (kernel * along**2).sum()  # a line's, and at most a quarter from sharing out along each axis
    assert length**2 / 12 * 0.99 - 1e-3 <= variance <= length**2 / 12 + 0.25 + 1e-3
