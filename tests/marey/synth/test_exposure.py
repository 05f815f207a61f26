"""Exposures: bytes, the same again, varied, and nothing moves."""

import numpy as np
import pytest

from marey.synth.exposure import expose


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64([5, seed]))


def scene(size: tuple[int, int] = (64, 48)) -> np.ndarray:
    image = np.full((size[1], size[0], 3), 0.3, np.float32)
    image[20:26, 30:36] = [0.9, 0.85, 0.6]  # its middle: x = 33, y = 23
    return image


@pytest.mark.parametrize("size", [(64, 48), (101, 67), (600, 40)])
def test_exposures_are_bytes_of_the_same_size_and_repeat(size):
    image = scene(size)
    kept = image.copy()
    for seed in range(6):
        taken = expose(generator(seed), image)
        assert taken.dtype == np.uint8
        assert taken.shape == image.shape
        np.testing.assert_array_equal(expose(generator(seed), image), taken)
    np.testing.assert_array_equal(image, kept)


def test_half_of_the_exposures_are_grey_and_most_show_something():
    taken = [expose(generator(seed), scene()) for seed in range(150)]
    grey = np.mean([(one == one[..., :1]).all() for one in taken])
    assert 0.35 < grey < 0.65
    contrast = np.array([one[21:25, 31:35].mean() - one[30:45].mean() for one in taken])
    assert (contrast > 8).mean() > 0.9
    assert np.std([one.mean() for one in taken]) > 15


def test_nothing_moves_by_more_than_a_pixel():
    ys, xs = np.mgrid[14:32, 24:42] + 0.5
    for seed in range(80):
        taken = expose(generator(seed), scene())[14:32, 24:42].mean(axis=-1)
        weight = np.clip(taken - np.median(taken) - 0.35 * np.ptp(taken), 0, None)
        if np.ptp(taken) > 60:
            assert abs((weight * xs).sum() / weight.sum() - 33) < 1
            assert abs((weight * ys).sum() / weight.sum() - 23) < 1
