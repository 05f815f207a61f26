"""Heatmaps against loops over cells in NumPy, affinities by hand."""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from marey.training import targets

SHAPE = (5, 7)
# One program each, not one for every operation inside, which would be compiled one by one.
heatmaps = jax.jit(targets.heatmap_targets, static_argnames=("shape", "stride", "sigma"))
affinities = jax.jit(targets.affinity_targets, static_argnames=("edges", "shape", "stride", "width"))


@pytest.fixture
def example():
    """Two pictures, three individuals, two keypoints, some missing, some outside."""
    rng = np.random.default_rng(0)
    points = rng.uniform(-8, 60, (2, 3, 2, 2)).astype(np.float32)
    present = rng.uniform(size=points.shape[:3]) < 0.7
    present[1, :, 1] = False
    points[~present] = np.nan
    return points, present


def centre(row, column, stride):
    return np.array([(column + 0.5) * stride, (row + 0.5) * stride])


@pytest.mark.parametrize("stride", [4, 8])
def test_heatmaps_are_the_largest_gaussian(example, stride):
    points, present = example
    expected = np.zeros((2, *SHAPE, 2))
    for b, n, k, row, column in itertools.product(range(2), range(3), range(2), range(SHAPE[0]), range(SHAPE[1])):
        if present[b, n, k]:
            distance = np.linalg.norm(points[b, n, k] - centre(row, column, stride))
            value = np.exp(-(distance**2) / (2 * 6.0**2))
            expected[b, row, column, k] = max(value, expected[b, row, column, k])
    result = heatmaps(points, present, shape=SHAPE, stride=stride, sigma=6.0)
    assert result.dtype == jnp.float32
    assert_allclose(result, expected, atol=1e-6)


def test_a_point_that_is_not_present_leaves_no_trace():
    points = jnp.array([[[[10.0, 10.0]]], [[[jnp.nan, jnp.nan]]]])
    for present in (jnp.zeros((2, 1, 1), bool), jnp.array([[[False]], [[True]]])):  # a NaN counts as not present
        assert not heatmaps(points, present, shape=SHAPE, stride=4, sigma=6.0).any()


def test_gradients_are_finite_with_missing_points(example):
    points, present = example

    def total(points):
        return targets.heatmap_targets(points, present, shape=SHAPE, stride=4, sigma=6.0).sum()

    gradient = jax.jit(jax.grad(total))(points)
    assert np.isfinite(gradient).all()
    assert np.abs(gradient[present]).max() > 0


def test_jit_and_vmap_agree(example):
    points, present = example
    options = {"shape": SHAPE, "stride": 4, "sigma": 6.0}
    mapped = jax.jit(jax.vmap(partial(targets.heatmap_targets, **options)))(points[:, None], present[:, None])
    assert_allclose(mapped[:, 0], heatmaps(points, present, **options), atol=1e-5)


def field(points, present=None, *, edges=((0, 1),), width=6.0, shape=(20, 24), stride=4):
    present = np.isfinite(points).all(axis=-1) if present is None else present
    made = affinities(points, present, edges=edges, shape=shape, stride=stride, width=width)
    return np.asarray(made)


def test_affinities_are_the_direction_within_the_width_of_the_edge():
    start, end = np.array([10.0, 12]), np.array([70.0, 57])
    vectors = field(np.array([[[start, end]]], np.float32))
    y, x = np.meshgrid((np.arange(20) + 0.5) * 4, (np.arange(24) + 0.5) * 4, indexing="ij")
    along = (x - 10) * 0.8 + (y - 12) * 0.6  # a 3-4-5 triangle, 75 px long
    across = np.abs((x - 10) * 0.6 - (y - 12) * 0.8)
    inside = (along >= 0) & (along <= 75) & (across <= 6)
    np.testing.assert_allclose(vectors[0, inside, 0], np.tile([0.8, 0.6], (inside.sum(), 1)), rtol=1e-5)
    assert not vectors[0, ~inside].any()


def test_where_animals_cross_affinities_are_their_mean():
    points = np.array([[[[10, 40], [90, 40]], [[50, 5], [50, 75]]]], np.float32)
    vectors, *alone = (field(points[:, part]) for part in (slice(None), slice(0, 1), slice(1, 2)))
    both = np.all([each.any(axis=-1) for each in alone], axis=0)
    assert both.any()
    np.testing.assert_allclose(vectors[both], [[0.5, 0.5]] * int(both.sum()), atol=1e-6)


def test_an_edge_needs_both_of_its_keypoints():
    points = np.array([[[[10, 40], [np.nan, np.nan]], [[50, 5], [50, 5]]]], np.float32)
    vectors = field(points)
    assert not vectors.any()  # nor is there a direction without a length
    assert np.isfinite(vectors).all()
