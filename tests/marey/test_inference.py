"""Inference: a dot drawn at a known place comes back from there, whatever the size, scale, stride and shard."""

import numpy as np
import pytest

from marey import inference

from .dots import DotNetwork, picture


def detector(stride=4):
    return inference.Detector(DotNetwork(stride), {}, batch_size=2)


@pytest.mark.parametrize("stride", [4, 8])
@pytest.mark.parametrize("scale", [0.5, 1.0, 1.7])
@pytest.mark.parametrize("size", [(128, 96), (131, 97)])
def test_a_dot_comes_back(size, scale, stride):
    width, height = size
    places = np.array([[40.5, 30.5], [64.0, 48.0], [101.3, 70.9]])
    images = np.stack([picture(width, height, x, y) for x, y in places])
    points, confidence = inference.detect_all(detector(stride), images, scale=scale)
    assert points.shape == (3, 1, 2)
    assert confidence.shape == (3, 1)
    np.testing.assert_allclose(points[:, 0], places, atol=0.1)


def test_pictures_of_several_sizes_keep_their_order():
    places = [(20, 20), (50, 30), (30, 40), (25, 35), (60, 20)]
    sizes = [(64, 64), (96, 64), (64, 64), (64, 64), (96, 64)]
    images = [picture(*size, *place) for size, place in zip(sizes, places, strict=True)]
    points, _ = inference.detect_all(detector(), images, scale=1.0)
    np.testing.assert_allclose(points[:, 0], places, atol=0.1)
