import numpy as np
import pytest

from marey.synth.side_places import draw_side_place

from .made_places import generator

SIZE = (96, 72)


@pytest.fixture(scope="module")
def places():
    return [draw_side_place(generator(seed), SIZE) for seed in range(30)]


def test_places_are_what_their_pixels_show(places):
    centres = np.stack(np.meshgrid(np.arange(SIZE[0]) + 0.5, np.arange(SIZE[1]) + 0.5), axis=-1)
    for place in places:
        position, depth = place.camera.project(place.points.astype(float))
        np.testing.assert_allclose(position, centres, atol=0.1)
        clear = place.solid > 1  # nothing hangs there
        np.testing.assert_allclose(depth[clear], place.solid[clear], rtol=1e-3)


def test_animals_walk_on_a_ground_that_is_in_view(places):
    for place in places:
        x, y, z = np.moveaxis(place.points, -1, 0)
        ground = np.abs(z + place.curve * x * x) < 0.5
        ground &= np.abs(y) <= place.arena[1] / 2 + 0.5
        assert ground.any()
        assert np.ptp(y[ground]) > 5
        assert place.camera.position[2] > 5
        assert place.camera.position[1] < -place.arena[1] / 2 - 50


def test_wheels_fall_away_to_both_sides(places):
    curves = np.array([place.curve for place in places])
    assert 0 < (curves > 0).sum() < 15


def test_places_are_lit_from_before_or_behind(places):
    levels = np.array([(np.median(place.image[:20]), np.median(place.light)) for place in places])
    assert ((levels[:, 0] > 0.5) & (levels[:, 1] < 0.45)).any()  # a lamp behind: silhouettes
    assert ((levels[:, 0] < 0.1) & (levels[:, 1] > 0.5)).any()  # before darkness
    for place in places:
        assert 0 <= place.image.min() <= place.image.max() <= 1
        assert place.lamp @ place.lamp == pytest.approx(1)


def test_a_place_is_drawn_by_its_seed_alone(places):
    again = draw_side_place(generator(5), SIZE)
    np.testing.assert_array_equal(again.image, places[5].image)
    np.testing.assert_array_equal(again.solid, places[5].solid)
