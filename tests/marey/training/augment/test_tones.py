"""Brightness and contrast against Pillow, hue against colorsys, equalisation against ranks; grey stays grey."""

import colorsys

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image, ImageEnhance

from marey.training.augment import tones

GREY = np.random.default_rng(5).integers(60, 190, (40, 52), np.uint8)
UNIT = jnp.asarray(GREY[..., None].repeat(3, axis=-1) / 255, jnp.float32)


def test_contrast_and_brightness_are_pillows():
    expected = np.asarray(ImageEnhance.Contrast(Image.fromarray(GREY)).enhance(1.3)) / 255
    assert_allclose(tones.contrast(UNIT, 1.3)[..., 0], expected, atol=1.5 / 255)  # Pillow rounds twice
    expected = np.asarray(Image.fromarray(GREY).point(lambda value: value + 51)) / 255
    assert_allclose(tones.brightness(UNIT, 0.2)[..., 1], expected, atol=1e-6)
    assert_array_equal(tones.contrast(UNIT, 1.0), UNIT)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.7])
def test_gamma_is_a_power_and_never_nan(exponent):
    values = np.float32([[[-0.2, 0.0, 1e-30, 0.25, 1.0, 1.3]]])
    assert_allclose(tones.gamma(jnp.asarray(values), exponent), np.clip(values, 0, 1) ** exponent, rtol=1e-5)


@pytest.mark.parametrize("angle", [0.0, 0.3, -1.2])
def test_hue_turns_the_chroma_of_colorsys(angle):
    image = np.random.default_rng(0).uniform(0.4, 0.6, (4, 5, 3))  # nothing is cut off at 0 or 1

    def turned(rgb):
        y, i, q = colorsys.rgb_to_yiq(*rgb)
        cos, sin = np.cos(angle), np.sin(angle)
        return colorsys.yiq_to_rgb(y, cos * i - sin * q, sin * i + cos * q)

    result = tones.hue(jnp.asarray(image, jnp.float32), angle)
    assert_allclose(result, np.apply_along_axis(turned, -1, image), atol=3e-3)  # colorsys rounds to 2 digits
    assert_allclose(tones.luma(result), tones.luma(jnp.asarray(image)), atol=1e-5)


def test_equalised_levels_are_ranks():
    result = np.asarray(tones.equalise(UNIT, 1.0))
    lowest = (GREY.min() == GREY).sum()
    ranks = (np.searchsorted(np.sort(GREY.ravel()), GREY, side="right") - lowest) / (GREY.size - lowest)
    assert_allclose(result[..., 0], ranks, atol=1e-5)
    assert_allclose(tones.equalise(UNIT, 0.25), 0.75 * UNIT + 0.25 * result, atol=1e-6)
    flat = jnp.full((8, 8, 3), 0.3)
    assert_array_equal(tones.equalise(flat, 1.0), flat)


def test_equalising_a_colour_changes_its_luma_only():
    image = np.random.default_rng(1).uniform(0.2, 0.8, (30, 30, 3)).astype(np.float32)
    change = np.asarray(tones.equalise(jnp.asarray(image), 1.0)) - image
    assert_allclose(change[..., 1:], change[..., :1].repeat(2, axis=-1), atol=1e-6)
    levels = np.asarray(tones.luma(jnp.asarray(image + change)))
    assert_allclose(np.quantile(levels, [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.02)


def test_grey_stays_grey():
    for operation in (tones.brightness, tones.contrast, tones.gamma, tones.hue, tones.equalise):
        result = np.asarray(operation(UNIT, 0.7))
        assert_array_equal(result[..., 0], result[..., 1])
        assert_array_equal(result[..., 0], result[..., 2])
    assert_array_equal(tones.hue(UNIT, 0.7), UNIT)
