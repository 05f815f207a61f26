"""Overlays: every kind, and none most of the time."""

import numpy as np
import pytest

from marey.synth.overlays import _LAYERS, OVERLAYS, draw_over


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_kind_covers_a_part_of_the_image(name):
    covers = []
    for seed in range(6):
        cover, colour = _LAYERS[name](np.random.Generator(np.random.SFC64(seed)), (120, 90))
        assert cover.shape == (90, 120)
        assert 0 <= cover.min() <= cover.max() <= 1
        assert np.shape(colour) == (3,)
        covers.append(cover.mean())
    assert 0 < np.mean(covers) < 0.7


def test_most_places_have_nothing_in_front():
    drawn = [draw_over(np.random.Generator(np.random.SFC64(seed)), (60, 40)) for seed in range(150)]
    assert 0.5 < np.mean([over is None for over in drawn]) < 0.9
    for over in drawn:
        assert over is None or (over[..., :3] <= over[..., 3:] + 1e-6).all()
