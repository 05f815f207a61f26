import numpy as np

from marey.synth.fly_places import draw_fly_place

from .made_places import generator


def test_places_are_what_their_pixels_show():
    for seed in range(4):
        place = draw_fly_place(generator(seed), (160, 120))
        position, depth = place.camera.project(place.points.reshape(-1, 3).astype(float))
        rows, columns = np.divmod(np.arange(160 * 120), 160)
        floor = (np.abs(place.points[..., 2]) < 0.01).ravel() & (place.solid.ravel() > 1)
        np.testing.assert_allclose(position[floor], np.stack([columns, rows], axis=1)[floor] + 0.5, atol=0.1)
        np.testing.assert_allclose(depth[floor], place.solid.ravel()[floor], rtol=1e-3)
        assert floor.mean() > 0.1


def test_arenas_are_dark_lit_or_backlit():
    places = [draw_fly_place(generator(seed), (40, 30)) for seed in range(40)]
    middles = np.array([np.median(place.image) for place in places])
    assert (middles < 0.1).any()
    assert (middles > 0.5).any()
    backlit = [place for place in places if np.median(place.light) < 0.4 and np.median(place.image) > 0.4]
    assert len(backlit) >= 4  # bright, and little light on the flies
    for place in places:
        assert place.image.min() >= 0
        assert place.image.max() <= 1


def test_a_place_is_drawn_by_its_seed_alone():
    one, other = (draw_fly_place(generator(3), (80, 60)) for _ in range(2))
    np.testing.assert_array_equal(one.image, other.image)
    np.testing.assert_array_equal(one.solid, other.solid)
