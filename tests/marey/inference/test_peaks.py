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
from scipy import ndimage, optimize

from marey.inference import peaks
from marey.pictures import geometry
from marey.training import targets

SIGMA = 6.0  # px
compiled = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})  # each program runs once, or few
find = partial(compiled(peaks.peaks, static_argnames=("stride", "sigma", "candidates")), stride=4, sigma=SIGMA)


@partial(compiled, static_argnames=("shape", "stride", "candidates"))
def recover(points, *, shape, stride, candidates=1):
    present = jnp.isfinite(points).all(-1)
    heatmap = targets.heatmap_targets(points, present, shape=shape, stride=stride, sigma=SIGMA)
    return peaks.peaks(heatmap, stride=stride, sigma=SIGMA, candidates=candidates)


@pytest.mark.parametrize("candidates", [1, 2])
@pytest.mark.parametrize("stride", [4, 8])
def test_targets_decode_to_their_points_everywhere(stride, candidates):
    """Every 0.25 px over two cells: centres, borders between cells, and corners between four."""
    steps = np.arange(32, 32 + 2 * stride + 0.25, 0.25, dtype=np.float32)
    points = jnp.asarray(list(itertools.product(steps, steps)), jnp.float32)[None, None]  # one keypoint per place
    found, confidence = recover(points, shape=(80 // stride, 88 // stride), stride=stride, candidates=candidates)
    assert_allclose(found[:, :1], points, atol=1e-3)
    farthest = stride / np.sqrt(2)  # from a point to the centre of its cell
    assert confidence[0, 0].min() >= np.exp(-(farthest**2) / 72) - 1e-6
    assert confidence.max() <= 1
    if candidates == 2:  # a single point has one peak, on whatever border it lies
        assert np.isnan(found[:, 1]).all()
        assert not confidence[:, 1].any()


@pytest.mark.parametrize(("stride", "tolerance"), [(4, 0.35), (8, 1.5)])
def test_edges_do_not_push_points_away(stride, tolerance):
    """A plain centre of mass, cut off by the edge, would be off by up to 4 px."""
    steps = np.array([0, 0.5, 1, 2, 3, 4, 5, 7, 10], np.float32)
    near = np.concatenate([steps, 96 - steps])
    points = jnp.asarray(list(itertools.product(near, near)), jnp.float32)[None, None]
    found, _ = recover(points, shape=(96 // stride, 96 // stride), stride=stride)
    assert_allclose(found, points, atol=tolerance)


def test_the_place_is_where_the_peak_that_was_learnt_fits_best():
    """Noise on a peak: as good as a search for the largest correlation with a Gaussian."""
    rng = np.random.default_rng(0)
    points = rng.uniform(28, 36, (200, 1, 1, 2)).astype(np.float32)
    draw = compiled(partial(targets.heatmap_targets, shape=(16, 16), stride=4, sigma=SIGMA))
    heatmap = draw(points, np.ones((200, 1, 1), bool))
    noisy = np.clip(np.asarray(heatmap) * rng.uniform(0.7, 1.3, heatmap.shape), 0, 1)
    found, _ = find(noisy, candidates=1)
    centres = np.arange(16) * 4 + 2.0

    def correlation(place, picture):
        x, y = (np.exp(-((centres - part) ** 2) / (2 * SIGMA**2)) for part in place)
        return -(y @ picture @ x)

    starts = points[:, 0, 0].astype(np.float64)
    best = [optimize.minimize(correlation, p, args=(h,)).x for p, h in zip(starts, noisy[..., 0], strict=True)]
    assert_allclose(found[:, 0, 0], best, atol=0.05)
    error = np.linalg.norm(found[:, 0, 0] - points[:, 0, 0], axis=-1).mean()
    assert error < 0.5


def test_a_neighbour_beyond_two_windows_does_not_matter():
    points = jnp.array([[[[90.0, 45.0]], [[40.0, 41.0]]]])
    found, _ = recover(points, shape=(24, 32), stride=4, candidates=2)
    assert_allclose(found[0, :, 0], [[90, 45], [40, 41]], atol=0.02)


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
    tolerance = 0.1 + (1.5 if stride == 8 else 0.35) / scale  # the latter at the edges of the picture
    assert_allclose(geometry.to_video(np.asarray(found)[0, 0, 0], *size, scale=scale), point, atol=tolerance)


def test_individuals_come_back_highest_first_then_in_row_major_order():
    points = jnp.array([[[[6.0, 6.0]], [[57.0, 13.0]], [[10.0, 62.0]]]])  # cell centres are 4 k + 2
    found, confidence = recover(points, shape=(18, 18), stride=4, candidates=5)
    assert_allclose(found[0, :3, 0], [[6, 6], [10, 62], [57, 13]], atol=0.02)
    assert_allclose(confidence[0, :, 0], [1, 1, np.exp(-2 / 72), 0, 0], atol=1e-6)
    assert np.isnan(found[0, 3:]).all()


def test_local_maxima_are_those_of_a_maximum_filter():
    heatmap = np.random.default_rng(0).permutation(2 * 9 * 11 * 3).reshape(2, 9, 11, 3).astype(np.float32)
    expected = heatmap == ndimage.maximum_filter(heatmap, (1, 3, 3, 1), mode="constant", cval=-1)
    assert_array_equal(compiled(peaks.local_maxima)(heatmap), expected)


@pytest.mark.parametrize("candidates", [1, 3])
def test_candidates_are_the_highest_maxima(candidates):
    heatmap = np.random.default_rng(1).uniform(size=(2, 8, 6, 2))
    found, confidence = find(heatmap, candidates=candidates)
    assert found.shape == (2, candidates, 2, 2)
    maxima = heatmap == ndimage.maximum_filter(heatmap, (1, 3, 3, 1), mode="constant")
    for b, k in itertools.product(range(2), range(2)):
        cells = sorted(np.argwhere(maxima[b, ..., k]), key=lambda cell: -heatmap[b, *cell, k])[:candidates]
        assert_allclose(confidence[b, :, k], [heatmap[b, *cell, k] for cell in cells], rtol=1e-6)


@pytest.mark.parametrize("candidates", [1, 4])
def test_ties_go_to_the_first_cell_in_row_major_order(candidates):
    heatmap = np.zeros((1, 16, 24, 1), np.float32)
    heatmap[0, 13, 1] = heatmap[0, 4, 15:17] = heatmap[0, 5, 15:17] = 0.5  # a flat top of four cells comes first
    found, confidence = find(heatmap, candidates=candidates)
    assert_allclose(found[0, 0, 0], [64, 20], atol=0.02)  # between the four
    assert confidence[0, 0, 0] == 0.5
    if candidates > 1:
        assert_allclose(found[0, 1, 0], [6, 54], atol=1)
        assert confidence[0, 2, 0] == 0


def test_more_candidates_than_cells():
    found, confidence = find(np.ones((1, 1, 2, 1)), candidates=5)
    assert_array_equal(confidence[0, :, 0], [1, 0, 0, 0, 0])
    assert_array_equal(np.isnan(found[0, :, 0, 0]), [False, True, True, True, True])


def test_eager_jit_and_vmap_agree():
    heatmap = jnp.asarray(np.random.default_rng(2).uniform(size=(2, 8, 6, 2)))
    eager = peaks.peaks(heatmap, stride=4, sigma=SIGMA, candidates=3)
    for candidates in (1, 3):
        of_each = partial(peaks.peaks, stride=4, sigma=SIGMA, candidates=candidates)
        mapped = compiled(jax.vmap(of_each))(heatmap[:, None])
        for expected, jitted, one_by_one in zip(eager, find(heatmap, candidates=candidates), mapped, strict=True):
            assert_allclose(jitted, expected[:, :candidates], rtol=1e-5)
            assert_allclose(one_by_one[:, 0], expected[:, :candidates], rtol=1e-5)
