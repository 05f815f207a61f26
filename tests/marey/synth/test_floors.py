"""Floors: where rays land, and every kind of floor."""

import numpy as np
import pytest

from marey.synth.floors import _PAINTERS, FLOORS, draw_floor, draw_palette, land
from marey.synth.viewpoints import aim_camera


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64([4, seed]))


def test_rays_land_where_the_camera_projects_from():
    camera = aim_camera((80, 60), np.array([30.0, -20]), body_px=20.0, far=500.0, tilt=0.3, roll=1.0)
    for height in (0.0, 70.0):
        x, y, depth = land(camera, height)
        position, there = camera.project(np.stack([x, y, np.full_like(x, height)], axis=-1).astype(float))
        pixels = np.stack(np.meshgrid(np.arange(80) + 0.5, np.arange(60) + 0.5), axis=-1)
        np.testing.assert_allclose(position, pixels, atol=0.01)
        np.testing.assert_allclose(there, depth, rtol=1e-5)


@pytest.mark.parametrize("name", FLOORS)
def test_every_kind_has_a_texture_of_its_own(name):
    x, y = (plane.astype(np.float32) for plane in np.meshgrid(np.arange(-60, 60), np.arange(-40, 40)))
    value = _PAINTERS[name](generator(1), x, y, 1.0)
    assert value.shape == (80, 120)
    assert value.dtype == np.float32
    assert np.isfinite(value).all()
    assert value.std() > 0


def test_floors_are_white_grey_and_dark():
    x, y = (plane.astype(np.float32) for plane in np.meshgrid(np.arange(32), np.arange(32)))
    floors = [draw_floor(generator(k), draw_palette(generator(k)), "box", x, y, 1.0) for k in range(80)]
    assert all(0 <= floor.min() <= floor.max() <= 1 for floor in floors)
    level = np.array([floor.mean() for floor in floors])
    assert min((level > 0.6).sum(), (level < 0.2).sum(), ((level > 0.2) & (level < 0.6)).sum()) > 8
