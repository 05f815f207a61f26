"""Props: every flat thing is drawn onto the floor, and floors differ."""

import numpy as np
import pytest

from marey.synth.floors import land
from marey.synth.props import _LAYERS, FLAT, lay_flat
from marey.synth.viewpoints import aim_camera


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64([9, seed]))


def empty(tilt: float = 0.0):
    camera = aim_camera((160, 120), np.zeros(2), body_px=45.0, far=800.0, tilt=tilt)
    x, y, solid = land(camera)
    points = np.stack([x, y, 0 * x], axis=-1)
    return camera, np.full((120, 160, 3), 0.5, np.float32), solid, points


@pytest.mark.parametrize("name", FLAT)
def test_flat_things_change_the_floor_in_place(name):
    changed = 0
    for seed in range(4):
        camera, image, _, points = empty()
        _LAYERS[name](generator(seed), camera, image, points[..., 0], points[..., 1])
        assert np.isfinite(image).all()
        changed += (image != 0.5).any()
    assert changed >= 3


def test_some_floors_stay_empty_and_most_do_not():
    changed = []
    for seed in range(40):
        camera, image, _, points = empty()
        lay_flat(generator(seed), camera, image, points[..., 0], points[..., 1])
        changed.append((image != 0.5).any())
    assert 0.4 < np.mean(changed) < 1
