"""Images to bytes and back."""

import io

import numpy as np
import pytest
from PIL import Image

from marey.pictures.encoding import decode, encode

IMAGE = np.random.default_rng(0).integers(0, 255, (5, 7, 3), dtype=np.uint8)


def test_nothing_is_lost():
    np.testing.assert_array_equal(decode(encode(IMAGE)), IMAGE)
    grey = IMAGE[..., 0]
    assert Image.open(io.BytesIO(encode(grey))).mode == "L"
    np.testing.assert_array_equal(decode(encode(grey)), np.stack([grey] * 3, axis=-1))


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("TIFF", "L")])
def test_what_pillow_reads_comes_as_rgb(kind, mode):
    image = Image.fromarray(IMAGE).convert(mode)
    image.save(buffer := io.BytesIO(), kind)
    found = decode(buffer.getvalue())
    assert (found.shape, found.dtype) == (IMAGE.shape, np.uint8)
    if kind != "JPEG":
        np.testing.assert_array_equal(found, np.asarray(image.convert("RGB")))
