"""Pooling: a mean where members agree, the majority where they do not, against averaged heatmaps drawn on a grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marey.inference import ensemble

SIGMA = 6.0


def pool(points, confidence, sigma=SIGMA):
    """`ensemble.pool` of one keypoint: points [member, 2], confidence [member]."""
    points, confidence = (np.array(part, np.float32)[:, None, None] for part in (points, confidence))
    return tuple(part[0, 0] for part in ensemble.pool(points, confidence, sigma=sigma))


def averaged_heatmaps(points, confidence, step=0.1):
    """Place and height of the highest point of the members' mean heatmap, searched on a fine grid about them."""
    points, confidence = np.array(points), np.array(confidence)
    low, high = points.min(axis=0) - 5, points.max(axis=0) + 5
    x, y = np.meshgrid(np.arange(low[0], high[0], step), np.arange(low[1], high[1], step))
    squared = (x[..., None] - points[:, 0]) ** 2 + (y[..., None] - points[:, 1]) ** 2
    mean = (confidence * np.exp(-squared / (2 * SIGMA**2))).mean(axis=-1)
    best = np.unravel_index(mean.argmax(), mean.shape)
    return (x[best], y[best]), mean[best]


def test_one_member_comes_back_as_it_is():
    place, confidence, spread = pool([(12.25, 40.5)], [0.7])
    assert place.tolist() == [12.25, 40.5]
    assert confidence == np.float32(0.7)
    assert np.isnan(spread)


def test_members_that_agree_are_averaged_by_confidence():
    place, confidence, spread = pool([(10, 20), (11, 20), (10.5, 21)], [0.9, 0.9, 0.45])
    expected = np.average([(10, 20), (11, 20), (10.5, 21)], axis=0, weights=[2, 2, 1])
    np.testing.assert_allclose(place, expected, atol=0.01)
    assert confidence == pytest.approx(0.75, rel=0.01)
    assert 0.3 < spread < 0.7


def test_spread_is_the_standard_deviation_per_axis():
    rng = np.random.default_rng(0)
    points = rng.normal(50, 0.5, (5, 1, 2)).astype(np.float32)
    _, _, spread = ensemble.pool(points, np.full((5, 1), 0.8, np.float32), sigma=100.0)
    assert spread[0] == pytest.approx(np.sqrt(points[:, 0].var(axis=0, ddof=1).mean()), rel=1e-3)


def test_a_false_peak_is_outvoted_and_shows_in_confidence_and_spread():
    place, confidence, spread = pool([(300, 80), (10, 20), (11, 20)], [0.9, 0.8, 0.8])
    np.testing.assert_allclose(place, (10.5, 20), atol=0.01)
    assert confidence == pytest.approx(1.6 / 3, rel=0.01)
    assert spread > 50


def test_of_two_that_disagree_the_surer_one_counts():
    place, confidence, _ = pool([(300, 80), (10, 20)], [0.6, 0.9])
    assert place.tolist() == [10, 20]
    assert confidence == pytest.approx(0.45)


def test_what_nobody_finds_is_missing_and_what_one_finds_is_not():
    nothing = (np.nan, np.nan)
    place, confidence, spread = pool([nothing, nothing], [0, 0])
    assert np.isnan(place).all()
    assert confidence == 0
    assert np.isnan(spread)
    place, confidence, spread = pool([nothing, (4, 5)], [0, 0.8])
    assert place.tolist() == [4, 5]
    assert confidence == np.float32(0.4)
    assert np.isnan(spread)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 30), st.floats(0.1, 1)), min_size=2, max_size=4))
def test_against_the_averaged_heatmaps(members):
    points, confidence = [member[:2] for member in members], [member[2] for member in members]
    _, height = averaged_heatmaps(points, confidence)
    _, found, _ = pool(points, confidence)
    assert found == pytest.approx(height, rel=0.01)  # where two modes are about as high, either will do


def test_shape_and_batch_make_no_difference():
    rng = np.random.default_rng(1)
    points, confidence = rng.uniform(0, 40, (3, 5, 4, 2)), rng.random((3, 5, 4))
    whole = ensemble.pool(points, confidence, sigma=SIGMA)
    for frame in range(5):
        for got, one in zip(whole, ensemble.pool(points[:, frame], confidence[:, frame], sigma=SIGMA), strict=True):
            np.testing.assert_array_equal(got[frame], one)


def test_members_that_see_two_animals_do_not_make_one_of_both():
    """Two of three see a spot far off as the third keypoint of theirs; the third sees nothing of it where it is."""
    here, there = np.array([(10, 10), (30, 10), (20, 30)]), np.array([(300, 200), (320, 200), (310, 220)])
    points = np.stack([here, here, there]).astype(np.float32)[:, None]
    points[1, 0, 2] = there[2]
    confidence = np.array([[0.9, 0.9, 0.2], [0.9, 0.9, 0.5], [0.4, 0.4, 0.9]], np.float32)[:, None]
    apart = ensemble.pool(points, confidence, sigma=SIGMA)
    np.testing.assert_allclose(apart[0][0], [*here[:2], there[2]], atol=0.01)
    together = ensemble.pool(points, confidence, sigma=SIGMA, reach=np.full((3, 3), 60.0))
    np.testing.assert_allclose(together[0][0], here, atol=0.01)
    np.testing.assert_allclose(together[1][0], [0.6, 0.6, 0.2 / 3], atol=0.01)
    alone = ensemble.pool(points[:1], confidence[:1], sigma=SIGMA, reach=np.full((3, 3), 1.0))
    np.testing.assert_array_equal(alone[0], points[0])


def test_with_reach_rows_do_not_depend_on_each_other_and_few_programs_serve_any_number():
    generator = np.random.default_rng(3)
    points = generator.uniform(0, 200, (2, 7, 3, 2)).astype(np.float32)
    confidence = generator.uniform(0, 1, (2, 7, 3)).astype(np.float32)
    options = {"sigma": SIGMA, "reach": np.full((3, 3), 60.0)}
    whole = ensemble.pool(points, confidence, **options)
    compiled = ensemble._cost._cache_size()
    for count in range(1, 8):
        part = ensemble.pool(points[:, :count], confidence[:, :count], **options)
        for values, expected in zip(part, whole, strict=True):
            np.testing.assert_array_equal(values, expected[:count])
    assert ensemble._cost._cache_size() <= compiled + 3  # of 1, 2 and 4 rows
