"""Props: every flat thing is drawn onto the floor, and floors differ."""

import numpy as np
import pytest

from marey.synth.props import _LAYERS, FLAT, lay_flat

from .made_places import empty, generator


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
