"""Looks of frames: what light, things and blur change in them."""

import numpy as np
from scipy.ndimage import gaussian_filter

from marey.videos.looks import GRID, LENGTH, SIZE, look


def image(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.clip(gaussian_filter(rng.normal(0, 40, SIZE[::-1]), 1) + 120, 0, 255).astype(np.uint8)


def test_light_and_structure_of_each_cell():
    made = np.zeros(SIZE[::-1], np.uint8)
    made[:16, :16] = 200
    made[16:32, 16:32:2] = 40  # stripes: neighbours across differ by 40
    light, structure = look(made).reshape(2, *GRID)
    assert light[0, 0] == 200
    assert light[1, 1] == 20
    assert structure[1, 1] > 150 > structure[0, 0] > 0  # the edge of what is bright
    light[0, 0] = light[1, 1] = 0
    assert not light.any()


def test_blur_takes_structure_and_dimming_takes_light():
    whole = image()
    usual, blurred, dimmed = (look(one).astype(float) for one in (whole, gaussian_filter(whole, 1.5), whole // 2))
    half = LENGTH // 2
    assert np.abs(blurred - usual)[:half].max() < 8
    assert (blurred[half:] < 0.7 * usual[half:]).all()
    np.testing.assert_allclose(dimmed[:half], usual[:half] / 2, atol=2)
