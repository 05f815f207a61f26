from dataclasses import replace

import numpy as np
import pytest

from marey.synth.coats import FURS, MARKS, PATTERNS, paint, random_coat
from marey.synth.mouse import EAR, EYE, FUR, SKIN


def coats(count=400):
    chance = np.random.default_rng(0)
    return [random_coat(chance) for _ in range(count)]


def test_all_patterns_and_marks_are_drawn():
    drawn = coats()
    assert {coat.pattern for coat in drawn} == set(PATTERNS)
    assert {coat.mark for coat in drawn} == set(MARKS)


@pytest.mark.parametrize("fur", FURS)
def test_a_fur_has_its_colour(fur):
    dark, light = FURS[fur]
    for seed in range(20):
        coat = random_coat(np.random.default_rng(seed), fur=fur)
        assert (coat.fur >= np.array(dark) - 1e-9).all()
        assert (coat.fur <= np.array(light) + 1e-9).all()


def places(count):
    return np.linspace(0.05, 0.98, count).astype(np.float32)


def test_colours_are_colours_everywhere():
    chance = np.random.default_rng(1)
    place, across = chance.uniform(0, 2, 500).astype(np.float32), chance.normal(0, 8, 500).astype(np.float32)
    cover = chance.choice([FUR, SKIN, EAR, EYE], 500).astype(np.int8)
    for coat in coats(60):
        colours = paint(coat, cover, place, across, np.full(500, 0.5, np.float32))
        assert colours.shape == (500, 3)
        assert (colours > -0.05).all()
        assert (colours < 1.3).all()
        np.testing.assert_allclose(colours[cover == EYE], np.tile(coat.eye, ((cover == EYE).sum(), 1)), atol=1e-6)


def test_a_hooded_mouse_is_dark_in_front_and_white_behind():
    coat = replace(random_coat(np.random.default_rng(0), fur="black"), pattern="hooded", mark="none", threshold=-1.0)
    coat = replace(coat, second=np.full(3, 0.8))
    place = places(40)
    colour = paint(coat, np.zeros(40, np.int8), place, np.full(40, 5, np.float32), np.zeros(40, np.float32)).mean(
        axis=1
    )
    assert colour[(place > 0.06) & (place < 0.22)].max() < 0.2
    assert colour[place > 0.5].min() > 0.7


def test_a_shaved_patch_is_where_its_spot_is():
    coat = replace(random_coat(np.random.default_rng(0), fur="black"), pattern="plain", mark="shaved", spot=(0.6, 0.0))
    coat = replace(coat, skin=np.array([0.7, 0.5, 0.5]))
    place = places(60)
    red = paint(coat, np.zeros(60, np.int8), place, np.zeros(60, np.float32), np.zeros(60, np.float32))[:, 0]
    bare = red > 0.4
    assert bare[np.abs(place - 0.6) < 0.05].all()
    assert not bare[np.abs(place - 0.6) > 0.15].any()
