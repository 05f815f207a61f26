"""Lamps: light that is positive, varied and smooth, and highlights."""

import numpy as np

from marey.synth.enclosures import Enclosure
from marey.synth.lamps import Lamp, add_highlights, draw_lamp, shine


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64([6, seed]))


def test_light_pools_where_the_lamp_points():
    x, y = np.meshgrid(np.linspace(-150, 150, 160), np.linspace(-100, 100, 120))
    points = np.stack([x, y, 0 * x], axis=-1).astype(np.float32)
    lamp = Lamp(np.array([0, 0, 1.0]), 0.5, 0.1, 1.0, np.array([[75.0, 0, 60, 2.0]]))
    light = shine(generator(0), lamp, Enclosure("open", (800.0, 800.0), 0.0, 10.0, 0.0), points)
    assert light.shape == (120, 160)
    assert light[60, 120] > 2 * light[60, 30]
    assert np.abs(np.diff(light, axis=1)).max() < 0.2


def test_lamps_are_above_and_vary():
    lamps = [draw_lamp(generator(seed), (400, 300)) for seed in range(60)]
    assert all(lamp.direction[2] > 0.5 for lamp in lamps)
    assert {len(lamp.pools) for lamp in lamps} >= {0, 1, 2}
    darkness = [lamp.shadow_darkness for lamp in lamps]
    assert min(darkness) < 0.2
    assert max(darkness) > 0.6


def test_highlights_only_add_light():
    changed = 0
    for seed in range(40):
        image = np.full((48, 64, 3), 0.2, np.float32)
        add_highlights(generator(seed), image)
        assert image.min() >= 0.2 - 1e-6
        changed += image.max() > 0.21
    assert 0 < changed < 20
