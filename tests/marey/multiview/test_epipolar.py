"""Distances of two views from seeing one point, against points in space that are looked for."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from marey.multiview.cameras import project
from marey.multiview.epipolar import directions, distance

from . import rig

CHANCE = np.random.default_rng(0)
CAMERAS = rig.ring(4)
POINTS = CHANCE.uniform(-120, 120, (4000, 3))


def views(one, two, noise, sigma=None):
    seen = [project(CAMERAS[at], POINTS) + noise * CHANCE.normal(size=(len(POINTS), 2)) for at in (one, two)]
    spread = np.full(len(POINTS), sigma or noise)
    return seen, [directions(CAMERAS[at], each, spread) for at, each in zip((one, two), seen, strict=True)]


@pytest.mark.parametrize("pair", [(0, 1), (2, 0), (3, 1)])
def test_under_noise_it_is_a_normal_deviate(pair):
    assert distance(*views(*pair, 1e-6, 1.0)[1]) == pytest.approx(0, abs=1e-4)
    away = distance(*views(*pair, 2.0)[1])
    assert away.std() == pytest.approx(1, abs=0.05)
    assert away.mean() == pytest.approx(0, abs=0.05)


def test_it_is_how_far_both_views_have_to_be_moved_to_see_one_point():
    seen, both = views(0, 1, 5.0, 1.0)
    for at in range(5):
        found = least_squares(
            lambda point, at=at: np.concatenate([project(CAMERAS[k], point) - seen[k][at] for k in (0, 1)]), POINTS[at]
        )
        nearest = np.sqrt(2 * found.cost)
        assert abs(distance(both[0].at(at), both[1].at(at))) == pytest.approx(nearest, rel=0.02, abs=0.02)


def test_what_is_not_seen_has_no_distance_and_shapes_are_broadcast():
    _, both = views(0, 1, 1.0)
    both[0].place[3] = np.nan
    away = distance(both[0], both[1])
    assert np.flatnonzero(np.isnan(away)).tolist() == [3]
    every = distance(both[0].at((slice(0, 6), None)), both[1].at((None, slice(0, 6))))
    assert every.shape == (6, 6)
    np.testing.assert_allclose(np.diag(every), away[:6])
