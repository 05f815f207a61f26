"""JPEG-like losses against Pillow's JPEG files of the same quality."""

import io

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

from marey.training.augment.jpeg import CHROMA_STEPS, LUMA_STEPS, jpeg, quantisation_steps

compiled_jpeg = jax.jit(jpeg)
compiled_steps = jax.jit(quantisation_steps, static_argnums=0)


def scene(width=60, height=44):
    """u8[height, width, 3] with edges, a slope, a texture and slow colours."""
    rows, columns = np.mgrid[:height, :width]
    grey = 80 + columns + 60 * (np.hypot(columns - 25, rows - 20) < 12) + 20 * np.sin(rows * columns / 90)
    image = np.stack([grey + 25 * np.sin(columns / 9), grey, grey - rows * 0.6], axis=-1)
    return image.clip(0, 255).round().astype(np.uint8)


def pillows(image, quality):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
    return Image.open(buffer)


@pytest.mark.parametrize("quality", [10, 30, 50, 75, 95])
def test_tables_and_pictures_are_pillows(quality):
    image = scene()
    file = pillows(image, quality)
    for table, found in zip((LUMA_STEPS, CHROMA_STEPS), file.quantization.values(), strict=True):
        assert_array_equal(compiled_steps(table, float(quality)), found)
    expected = np.asarray(file, float)
    result = 255 * np.asarray(compiled_jpeg(np.float32(image / 255), float(quality)))

    def difference(one, other):
        return np.sqrt(np.square(one - other).mean())

    assert difference(result, expected) < 0.3 * difference(expected, image) + 0.5  # a coefficient may round elsewise


@pytest.mark.parametrize("quality", [10, 50])
def test_grey_pictures_are_pillows_but_for_rounding(quality):
    grey = scene()[..., 1]
    expected = np.asarray(pillows(grey, quality), float) / 255
    result = compiled_jpeg(np.float32(grey[..., None].repeat(3, axis=-1) / 255), float(quality))
    assert_allclose(result[..., 0], result[..., 2], atol=1e-5)
    assert np.quantile(np.abs(result[..., 1] - expected), 0.9) < 1 / 255  # a coefficient or two may round the other way
    assert np.abs(grey / 255 - expected).mean() > 1.5 / 255
