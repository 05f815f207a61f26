"""Peaks against loops over cells in NumPy, and back to the points that the targets were drawn from."""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from marey import decode, geometry, targets


@partial(jax.jit, static_argnames=("shape", "stride", "candidates"))
def recover(points, *, shape, stride, candidates=1):
    present = jnp.isfinite(points).all(-1)
    heatmap = targets.heatmaps(points, present, shape=shape, stride=stride, sigma=6.0)
    offset, _ = targets.offsets(points, present, shape=shape, stride=stride, radius=12.0)
    return decode.peaks(heatmap, offset, stride=stride, candidates=candidates)


@pytest.mark.parametrize("candidates", [1, 2])
@pytest.mark.parametrize("stride", [4, 8])
def test_targets_decode_to_their_points_everywhere(stride, candidates):
    """Every 0.25 px over two cells: centres, borders between cells, and corners between four."""
    steps = np.arange(16, 16 + 2 * stride + 0.25, 0.25, dtype=np.float32)
    points = jnp.asarray(list(itertools.product(steps, steps)), jnp.float32)[None, None]  # one keypoint per place
    found, confidence = recover(points, shape=(7, 6), stride=stride, candidates=candidates)
    assert_allclose(found[:, :1], points, atol=1e-3)
    farthest = stride / np.sqrt(2)  # from a point to the centre of its cell
    assert confidence[0, 0].min() >= np.exp(-(farthest**2) / 72) - 1e-6
    assert confidence.max() <= 1
    if candidates == 2:  # a single point has one peak, on whatever border it lies
        assert np.isnan(found[:, 1]).all()
        assert not confidence[:, 1].any()


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(60, 200), st.integers(60, 200)),
    place=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    scale=st.sampled_from([0.37, 0.5, 1.0, 1.7]),
    stride=st.sampled_from([4, 8]),
)
def test_a_point_of_a_video_comes_back_through_the_network_size(size, place, scale, stride):
    point = np.array(place) * size
    inside = geometry.to_network(point, *size, scale=scale).astype(np.float32)
    found, _ = recover(inside[None, None, None], shape=(352 // stride, 352 // stride), stride=stride)  # 200 * 1.7 fits
    assert_allclose(geometry.to_video(np.asarray(found)[0, 0, 0], *size, scale=scale), point, atol=0.1)


def test_individuals_come_back_highest_first_then_in_row_major_order():
    points = jnp.array([[[[6.0, 6.0]], [[37.0, 13.0]], [[10.0, 42.0]]]])  # cell centres are 4 k + 2
    found, confidence = recover(points, shape=(12, 12), stride=4, candidates=5)
    assert_allclose(found[0, :3, 0], [[6, 6], [10, 42], [37, 13]], atol=1e-4)
    assert_allclose(confidence[0, :, 0], [1, 1, np.exp(-2 / 72), 0, 0], atol=1e-6)
    assert np.isnan(found[0, 3:]).all()


def test_local_maxima_are_those_of_a_maximum_filter():
    heatmap = np.random.default_rng(0).permutation(2 * 9 * 11 * 3).reshape(2, 9, 11, 3).astype(np.float32)
    expected = heatmap == ndimage.maximum_filter(heatmap, (1, 3, 3, 1), mode="constant", cval=-1)
    assert_array_equal(decode.local_maxima(jnp.asarray(heatmap)), expected)


@pytest.mark.parametrize("candidates", [1, 3])
def test_candidates_are_the_highest_maxima_with_their_own_offsets(candidates):
    rng = np.random.default_rng(1)
    heatmap, offset = rng.uniform(size=(2, 8, 6, 2)), rng.normal(size=(2, 8, 6, 2, 2))
    found, confidence = decode.peaks(jnp.asarray(heatmap), jnp.asarray(offset), stride=4, candidates=candidates)
    assert found.shape == (2, candidates, 2, 2)
    maxima = heatmap == ndimage.maximum_filter(heatmap, (1, 3, 3, 1), mode="constant")
    for b, k in itertools.product(range(2), range(2)):
        cells = sorted(np.argwhere(maxima[b, ..., k]), key=lambda cell: -heatmap[b, *cell, k])[:candidates]
        assert_allclose(confidence[b, :, k], [heatmap[b, *cell, k] for cell in cells], rtol=1e-6)
        expected = [(cell[::-1] + 0.5) * 4 + offset[b, *cell, k] for cell in cells]
        assert_allclose(found[b, :, k], expected, rtol=1e-5)


@pytest.mark.parametrize("candidates", [1, 4])
def test_ties_go_to_the_first_cell_in_row_major_order(candidates):
    heatmap = np.zeros((1, 6, 8, 1), np.float32)
    heatmap[0, 4, 1] = heatmap[0, 1, 5:7] = heatmap[0, 2, 5:7] = 0.5  # a flat top of four cells comes first
    found, confidence = decode.peaks(jnp.asarray(heatmap), jnp.zeros((1, 6, 8, 1, 2)), stride=8, candidates=candidates)
    assert_array_equal(found[0, 0, 0], [44, 12])
    assert confidence[0, 0, 0] == 0.5
    if candidates > 1:
        assert_array_equal(found[0, 1, 0], [12, 36])
        assert confidence[0, 2, 0] == 0


def test_more_candidates_than_cells():
    found, confidence = decode.peaks(jnp.ones((1, 1, 2, 1)), jnp.zeros((1, 1, 2, 1, 2)), stride=4, candidates=5)
    assert_array_equal(confidence[0, :, 0], [1, 0, 0, 0, 0])
    assert_array_equal(np.isnan(found[0, :, 0, 0]), [False, True, True, True, True])


@pytest.mark.parametrize("candidates", [1, 3])
def test_eager_jit_and_vmap_agree(candidates):
    rng = np.random.default_rng(2)
    heatmap, offset = jnp.asarray(rng.uniform(size=(3, 8, 6, 2))), jnp.asarray(rng.normal(size=(3, 8, 6, 2, 2)))

    def peaks(heatmap, offset):
        return decode.peaks(heatmap, offset, stride=4, candidates=candidates)

    eager = peaks(heatmap, offset)
    mapped = jax.vmap(peaks)(heatmap[:, None], offset[:, None])
    for expected, jitted, one_by_one in zip(eager, jax.jit(peaks)(heatmap, offset), mapped, strict=True):
        assert_allclose(jitted, expected, rtol=1e-6)
        assert_allclose(one_by_one[:, 0], expected, rtol=1e-6)
