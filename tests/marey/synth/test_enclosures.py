"""Enclosures: where their walls are, by hand and by geometry."""

import numpy as np
import pytest

from marey.synth.enclosures import ENCLOSURES, Enclosure, build_walls, draw_enclosure
from marey.synth.floors import draw_palette, land
from marey.synth.viewpoints import aim_camera


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(seed))


def built(enclosure: Enclosure):
    camera = aim_camera((200, 160), np.zeros(2), body_px=45.0, far=1000.0)  # a pixel is 2 mm of the floor
    x, y, solid = land(camera)
    points = np.stack([x, y, 0 * x], axis=-1)
    image = np.zeros((160, 200, 3), np.float32)
    build_walls(generator(0), draw_palette(generator(0)), enclosure, camera, image, solid, points)
    return camera, image, solid, points


def test_all_kinds_are_drawn_and_animals_fit_in():
    drawn = [draw_enclosure(generator(seed)) for seed in range(80)]
    assert {one.kind for one in drawn} == set(ENCLOSURES)
    for one in drawn:
        corner = np.array(one.animals) / 2 - 0.01
        assert one.inside(*np.array(corner, np.float32)) >= 0
        assert min(one.animals) > 80


def test_inside_is_the_distance_from_the_wall():
    tub = Enclosure("tub", (100.0, 100.0), 100.0, 50.0, 2.0)
    np.testing.assert_allclose(tub.inside(np.float32([0, 60, 90]), np.float32([0, 80, 120])), [100, 0, -50], atol=1e-4)
    box = Enclosure("box", (100.0, 50.0), 0.0, 50.0, 2.0)
    np.testing.assert_allclose(box.inside(np.float32([0, 95, 0]), np.float32([0, 0, -60])), [50, 5, -10])


def test_a_wall_stands_where_rays_meet_it():
    """A ray from 1000 mm above that would land at x = 105 meets the wall at x = 100 at 1000 (1 - 100 / 105) mm."""
    _, _, solid, points = built(Enclosure("box", (100.0, 80.0), 0.0, 60.0, 2.0))
    row, column = 80, 152  # the pixel centre 52.5 px right of the middle
    place = points[row, column]
    landing = 2 * 52.5
    np.testing.assert_allclose(place[[0, 2]], [100, 1000 * (1 - 100 / landing)], atol=1e-2)
    assert solid[row, column] == pytest.approx(1000 - place[2], abs=1e-2)
    np.testing.assert_allclose(solid[60:100, 60:140], 1000, rtol=1e-6)


@pytest.mark.parametrize("radius", [0.0, 30.0, 80.0])
def test_every_ray_between_floor_and_rim_ends_on_the_wall(radius):
    enclosure = Enclosure("box", (80.0, 80.0), radius, 100.0, 3.0)
    _, image, solid, points = built(enclosure)
    wall = (points[..., 2] > 0.5) & (points[..., 2] < 99.5)
    assert wall.sum() > 800
    # A ray that meets the wall in a corner comes in at a small angle: 0.3 mm there.
    assert np.abs(enclosure.inside(points[wall][:, 0], points[wall][:, 1])).max() < 0.3
    np.testing.assert_allclose(solid[wall], 1000 - points[wall][:, 2], atol=1e-2)
    assert (image[wall] > 0).all()
