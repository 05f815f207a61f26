"""Orientations: what is turned and mirrored comes back to where it was, compared with NumPy's turns."""

import jax
import numpy as np
import pytest
from scipy.special import expit

from marey.inference.orientations import ORIENTATIONS, Orientations

SHAPE = 2, 6, 4, 3  # of images and of maps
COUNTS = {False: 1, True: 2, "turns": 4, "all": 8}


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8)


@pytest.mark.parametrize("flip", ORIENTATIONS)
def test_each_orientation_is_another_image(images, flip):
    turned = Orientations(ORIENTATIONS[flip]).turn(images)
    expected = [np.rot90(side, quarters, axes=(1, 2)) for side in (images, images[:, :, ::-1]) for quarters in range(4)]
    assert len(turned) == COUNTS[flip]
    assert all(each.flags.c_contiguous for each in turned)
    np.testing.assert_array_equal(turned[0], images)
    same = np.array([[np.array_equal(each, other) for other in expected] for each in turned])
    assert (same.sum(axis=1) == 1).all()  # each is one of the eight,
    assert (same.sum(axis=0) <= 1).all()  # and no two are the same


@pytest.mark.parametrize("flip", ORIENTATIONS)
@pytest.mark.parametrize("mirrored", [(), (1, 0, 2)])
def test_what_is_seen_moves_back_under_its_name(images, flip, mirrored):
    """A network that shows the colours: in a mirror, that of the left keypoint is seen under the name of the right."""
    looks = Orientations(ORIENTATIONS[flip], mirrored)
    seen = [
        each[..., list(mirrored)] if mirrored and orientation.mirror else each
        for each, orientation in zip(looks.turn(images), looks.each, strict=True)
    ]
    for back in (looks.turn_back(seen), jax.jit(looks.turn_back)(seen)):
        for maps in back:
            np.testing.assert_array_equal(maps, images)


@pytest.mark.parametrize("flip", ORIENTATIONS)
def test_heatmaps_are_averaged_not_logits(flip):
    looks, generator = Orientations(ORIENTATIONS[flip], (1, 0, 2)), np.random.default_rng(1)
    maps = generator.normal(0, 3, (COUNTS[flip], *SHAPE)).astype(np.float32)
    logits = [
        np.rot90(each[:, :, ::-1][..., [1, 0, 2]] if mirror else each, quarters, axes=(1, 2))
        for each, (quarters, mirror) in zip(maps, looks.each, strict=True)
    ]
    np.testing.assert_allclose(looks.mean(logits), expit(maps).mean(axis=0), atol=1e-6)
