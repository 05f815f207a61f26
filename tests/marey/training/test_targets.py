"""Heatmaps and offsets against loops over cells in NumPy."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from marey.training import targets

SHAPE = (5, 7)
# One program each, not one for every operation inside, which would be compiled one by one.
heatmaps = jax.jit(targets.heatmaps, static_argnames=("shape", "stride", "sigma"))
offsets = jax.jit(targets.offsets, static_argnames=("shape", "stride", "radius"))
affinities = jax.jit(targets.affinities, static_argnames=("edges", "shape", "stride", "width"))


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


@pytest.mark.parametrize("stride", [4, 8])
def test_offsets_lead_to_the_nearest_point(example, stride):
    points, present = example
    expected, inside = np.zeros((2, *SHAPE, 2, 2)), np.zeros((2, *SHAPE, 2), bool)
    for b, k, row, column in itertools.product(range(2), range(2), range(SHAPE[0]), range(SHAPE[1])):
        ways = [points[b, n, k] - centre(row, column, stride) for n in range(3) if present[b, n, k]]
        nearest = min(ways, key=np.linalg.norm, default=np.full(2, np.inf))
        if np.linalg.norm(nearest) <= 12:
            expected[b, row, column, k], inside[b, row, column, k] = nearest, True
    offset, mask = offsets(points, present, shape=SHAPE, stride=stride, radius=12.0)
    assert inside.any()
    assert not inside.all()
    assert_array_equal(mask, inside)
    assert_allclose(offset, expected, atol=1e-5)


def test_a_point_that_is_not_present_leaves_no_trace():
    points = jnp.array([[[[10.0, 10.0]]], [[[jnp.nan, jnp.nan]]]])
    for present in (jnp.zeros((2, 1, 1), bool), jnp.array([[[False]], [[True]]])):  # a NaN counts as not present
        assert not heatmaps(points, present, shape=SHAPE, stride=4, sigma=6.0).any()
        offset, mask = offsets(points, present, shape=SHAPE, stride=4, radius=12.0)
        assert not mask.any()
        assert not offset.any()


def test_gradients_are_finite_with_missing_points(example):
    points, present = example

    def total(points):
        offset, _ = targets.offsets(points, present, shape=SHAPE, stride=4, radius=12.0)
        return targets.heatmaps(points, present, shape=SHAPE, stride=4, sigma=6.0).sum() + (offset**2).sum()

    gradient = jax.jit(jax.grad(total))(points)
    assert np.isfinite(gradient).all()
    assert np.abs(gradient[present]).max() > 0


def test_every_point_has_a_cell_or_an_error_that_names_the_key():
    corner = jnp.array([[[[8.0, 8.0]]]])  # between four cells, as far from all as can be
    present = jnp.ones((1, 1, 1), bool)
    _, mask = offsets(corner, present, shape=SHAPE, stride=8, radius=5.7)
    assert mask.sum() == 4
    with pytest.raises(ValueError, match=r"offset_radius is 5 px.*stride 8.*5\.7 px"):
        offsets(corner, present, shape=SHAPE, stride=8, radius=5.0)


def test_eager_jit_and_vmap_agree(example):
    points, present = map(jnp.asarray, example)

    def both(points, present):
        heatmap = targets.heatmaps(points, present, shape=SHAPE, stride=4, sigma=6.0)
        return heatmap, *targets.offsets(points, present, shape=SHAPE, stride=4, radius=12.0)

    eager = both(points, present)
    mapped = jax.jit(jax.vmap(both))(points[:, None], present[:, None])
    for expected, jitted, one_by_one in zip(eager, jax.jit(both)(points, present), mapped, strict=True):
        assert_allclose(jitted, expected, atol=1e-5)
        assert_allclose(one_by_one[:, 0], expected, atol=1e-5)


def field(points, present=None, *, edges=((0, 1),), width=6.0, shape=(20, 24), stride=4):
    present = np.isfinite(points).all(axis=-1) if present is None else present
    made = affinities(points, present, edges=edges, shape=shape, stride=stride, width=width)
    return tuple(map(np.asarray, made))


def test_affinities_are_the_direction_within_the_width_of_the_edge():
    start, end = np.array([10.0, 12]), np.array([70.0, 57])
    vectors, count = field(np.array([[[start, end]]], np.float32))
    y, x = np.meshgrid((np.arange(20) + 0.5) * 4, (np.arange(24) + 0.5) * 4, indexing="ij")
    along = (x - 10) * 0.8 + (y - 12) * 0.6  # a 3-4-5 triangle, 75 px long
    across = np.abs((x - 10) * 0.6 - (y - 12) * 0.8)
    inside = (along >= 0) & (along <= 75) & (across <= 6)
    np.testing.assert_array_equal(count[0, ..., 0], inside)
    np.testing.assert_allclose(vectors[0, inside, 0], np.tile([0.8, 0.6], (inside.sum(), 1)), rtol=1e-5)
    assert not vectors[0, ~inside].any()


def test_where_animals_cross_affinities_are_their_mean():
    points = np.array([[[[10, 40], [90, 40]], [[50, 5], [50, 75]]]], np.float32)
    vectors, count = field(points)
    assert count.max() == 2
    np.testing.assert_allclose(vectors[count == 2], [[0.5, 0.5]] * int((count == 2).sum()), atol=1e-6)


def test_an_edge_needs_both_of_its_keypoints():
    points = np.array([[[[10, 40], [np.nan, np.nan]], [[50, 5], [50, 5]]]], np.float32)
    vectors, count = field(points)
    assert not count.any()
    assert not vectors.any()  # nor is there a direction without a length
    assert np.isfinite(vectors).all()
