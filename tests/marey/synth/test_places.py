"""Empty places: the same whatever was drawn before, in range, true to their camera."""

import numpy as np
import pytest

from marey.synth.places import draw_place, estimate_light, place_over

SIZE = (96, 72)
ARRAYS = ("image", "light", "solid", "points", "lamp", "over")


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64([7, seed]))


@pytest.fixture(scope="module")
def places():
    return [draw_place(generator(seed), SIZE) for seed in range(60)]


def pixel_centres(size: tuple[int, int]) -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5), axis=-1)


def test_a_place_is_the_same_whatever_was_drawn_before(places):
    for seed in (11, 3, 40):
        again = draw_place(generator(seed), SIZE)
        for name in ARRAYS:
            np.testing.assert_array_equal(getattr(again, name), getattr(places[seed], name))


def test_values_are_in_range(places):
    for place in places:
        assert place.image.shape == (72, 96, 3)
        assert all(getattr(place, name).dtype == np.float32 for name in ("image", "light", "solid", "points"))
        assert 0 <= place.image.min() <= place.image.max() <= 1
        assert 0 < place.light.min() <= place.light.max() < 4
        assert np.isfinite(place.points).all()
        assert place.solid.min() > 0
        assert place.lamp[2] > 0
        assert np.linalg.norm(place.lamp) == pytest.approx(1)
        assert 0 <= place.shadow_darkness <= 1


def test_points_are_what_the_pixels_show(places):
    """The camera's own projection puts the place in the world of each pixel there, at the depth of `solid`."""
    for place in places:
        shown = np.ones(place.solid.shape, bool) if place.over is None else place.over[..., 3] < 0.5
        position, depth = place.camera.project(place.points.astype(float))
        assert np.abs(position - pixel_centres(SIZE))[shown].max() < 0.05
        np.testing.assert_allclose(depth[shown], place.solid[shown], rtol=1e-4)


def test_bodies_have_the_promised_size_and_floors_are_in_view(places):
    scale = [np.diff(place.camera.project(np.array([[0, 0, 0], [90.0, 0, 0]]))[0], axis=0) for place in places]
    lengths = [np.hypot(*step[0]) for step in scale]
    assert min(lengths) > 12
    assert max(lengths) < 60  # of 96 px: 40 % and what perspective adds
    for place in places:
        inside = (np.abs(place.points[..., :2]) < np.array(place.arena) / 2).all(axis=-1)
        assert inside.mean() > 0.1


def test_what_hangs_over_the_animals_hides_them(places):
    covered = [place for place in places if place.over is not None and (place.over[..., 3] > 0.95).any()]
    assert covered
    for place in covered:
        opaque = place.over[..., 3] > 0.999
        one, other = place.props_over(np.zeros_like(place.image)), place.props_over(np.ones_like(place.image))
        np.testing.assert_allclose(one[opaque], other[opaque], atol=2e-3)
        assert (place.solid[opaque] < 2).all()
        np.testing.assert_allclose((other - one)[..., 0], 1 - place.over[..., 3], atol=1e-5)


def test_a_photograph_is_its_place():
    photograph = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    place = place_over(generator(1), photograph, 25.0)
    np.testing.assert_allclose(place.image * 255, photograph, atol=1e-3)
    ends, depth = place.camera.project(np.array([[-45.0, 0, 0], [45.0, 0, 0]]))
    assert np.hypot(*(ends[1] - ends[0])) == pytest.approx(25.0)
    assert (depth < place.solid.min()).all()
    assert place.arena == pytest.approx((79 * 90 / 25, 59 * 90 / 25), rel=1e-3)


def test_light_is_estimated_from_a_photograph():
    ramp = np.linspace(60, 220, 160)[None, :, None] * np.ones((120, 1, 3))
    light = estimate_light(ramp.astype(np.uint8), 30.0)
    assert light.shape == (120, 160)
    assert (np.diff(light[60, 20:140]) > -1e-3).all()
    assert 1.5 < light[60, 140] / light[60, 20] < (200 / 80) ** 0.8
    ramp[40:50, 70:76] = 0  # a dropping is no shadow
    assert np.abs(estimate_light(ramp.astype(np.uint8), 30.0) - light).max() < 0.12
