import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from marey.pictures.fingerprints import SHAPE, alike, fingerprint, frame_png


def picture(seed=1, size=(120, 160)):
    blocks = np.random.default_rng(seed).integers(40, 200, SHAPE)
    grey = np.kron(blocks, np.ones((size[0] // SHAPE[0], size[1] // SHAPE[1])))
    return np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)


def test_a_fingerprint_holds_the_mean_of_each_block():
    blocks = np.random.default_rng(1).integers(40, 200, SHAPE)
    np.testing.assert_array_equal(
        np.frombuffer(base64.b64decode(fingerprint(picture())), np.uint8).reshape(SHAPE), blocks
    )
    assert (
        len(fingerprint(np.zeros((7, 9, 3), np.uint8))) == 1024
    )  # as the schema says, also of images that have fewer px


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda image: image + np.random.default_rng(2).integers(-8, 9, image.shape), True),  # noise, as of coding
        (lambda image: image + 30, True),  # brighter
        (lambda image: np.roll(image, 5, axis=1), False),
        (lambda image: image + 20 * (np.arange(160) < 5)[:, None] * (np.arange(120) < 5)[:, None, None], False),
        (lambda image: picture(3), False),
    ],
)
def test_fingerprints_are_alike_of_one_image_however_it_was_coded(change, same):
    changed = np.clip(change(picture().astype(int)), 0, 255).astype(np.uint8)
    assert alike(fingerprint(picture()), fingerprint(changed)) is same


def test_a_fingerprint_of_another_size_is_another_one():
    assert not alike(fingerprint(picture()), base64.b64encode(b"12").decode())


def test_grey_pictures_are_stored_as_grey():
    grey = np.repeat(np.arange(60, dtype=np.uint8).reshape(6, 10, 1), 3, axis=2)
    colour = grey.copy()
    colour[0, 0] = 1, 2, 3
    for picture, mode in ((grey, "L"), (colour, "RGB")):
        image = Image.open(BytesIO(frame_png(picture)))
        assert image.mode == mode
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), picture)
