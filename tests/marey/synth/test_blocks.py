"""Blocks: shelters hide what is under them, by closed form; every kind is drawn."""

import numpy as np
import pytest

from marey.synth.blocks import _KINDS, Block, draw_blocks, paint_block, put_up
from marey.synth.floors import pixel_rays
from marey.synth.lamps import draw_lamp

from .made_places import empty, generator

SQUARE = np.array([[-40.0, -30], [40, -30], [40, 30], [-40, 30]])


def test_the_roof_of_a_shelter_is_ahead_of_what_is_under_it():
    """Seen from 800 mm, a roof at 60 mm is 740 mm deep, and 80 mm of it take as much as 80 * 800 / 740 of the floor."""
    camera, image, solid, points = empty()
    roof = Block(SQUARE, 57.0, 60.0, np.array([0.9, 0.1, 0.1]))
    paint_block(roof, camera, pixel_rays(camera), draw_lamp(generator(0), (300, 300)), image, solid, points)
    top = solid < 741
    np.testing.assert_allclose(solid[top], 740, atol=1e-2)
    assert top.any(axis=0).sum() == pytest.approx(80 / 2 * 800 / 740, abs=1)
    assert top.any(axis=1).sum() == pytest.approx(60 / 2 * 800 / 740, abs=1)
    np.testing.assert_allclose(solid[~top], 800, atol=1e-2)
    assert (image[top][:, 0] > 2 * image[top][:, 1]).all()


def test_a_block_seen_aside_shows_its_front():
    camera, image, solid, points = empty(tilt=0.3)
    block = Block(SQUARE, 0.0, 50.0, np.array([0.2, 0.2, 0.9]))
    paint_block(block, camera, pixel_rays(camera), draw_lamp(generator(0), (300, 300)), image, solid, points)
    hit = points[..., 2] > 0.1
    position, depth = camera.project(points[hit].astype(float))
    rows, columns = np.nonzero(hit)
    np.testing.assert_allclose(position, np.stack([columns, rows], axis=-1) + 0.5, atol=0.02)
    np.testing.assert_allclose(depth, solid[hit], rtol=1e-5)
    side = hit & (points[..., 2] < 49.9)
    assert side.sum() > 50
    away = np.abs(np.abs(points[side][:, :2]) - [40, 30]).min(axis=1)  # on one of the sides' planes
    assert away.max() < 0.01


def test_all_kinds_of_blocks_stand_on_the_floor_and_cast_shadows():
    lamp = draw_lamp(generator(1), (300, 300))
    for name, build in _KINDS.items():
        camera, image, solid, points = empty()
        light = np.ones(solid.shape, np.float32)
        blocks = build(generator(2), np.zeros(2), np.array([0.1, 0.5, 0.2]))
        put_up(blocks, camera, lamp, image, light, solid, points)
        assert solid.min() < 798, name
        assert 0 < light.min() < 1, name
        assert min(block.bottom for block in blocks) == 0
    drawn = {len(draw_blocks(generator(seed), camera)) for seed in range(40)}
    assert {0, 1, 2, 3} <= drawn
