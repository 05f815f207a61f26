"""Reaches: of many peaks those of one animal, against a search through all sets, and keypoints where the others are."""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from marey.inference import peaks, reaches
from marey.training import targets

SIGMA, STRIDE = 6.0, 4
SHAPE = (192 // STRIDE, 256 // STRIDE)
REACH = np.full((4, 4), 90, np.float32)  # px
compiled = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
find = compiled(partial(peaks.peaks, stride=STRIDE, sigma=SIGMA, candidates=1))
choose = compiled(reaches.choose_animal)
ANIMAL = np.array([[10.0, 12], [40, 20], [66, 50], [70, 60]], np.float32)


def drawn(points, heights) -> np.ndarray:
    """Heatmaps f32[1, h, w, 4] with peaks of `heights` f32[4] at f32[4, 2] px."""
    there = jnp.ones((1, 1, 4), bool)
    seen = targets.heatmap_targets(jnp.float32(points)[None, None], there, shape=SHAPE, stride=STRIDE, sigma=SIGMA)
    return np.asarray(seen) * np.float32(heights)


@pytest.mark.parametrize("corner", [(0, 0), (180, 120), (60, 40)])
def test_a_higher_peak_far_from_the_animal_is_not_its_keypoint(corner):
    animal = ANIMAL + np.float32(corner)
    heatmap = np.maximum(drawn(animal, [0.6] * 4), drawn([(230, 10)] * 4, [0, 0.95, 0, 0]))
    points, confidence = find(heatmap, reach=REACH)
    assert_allclose(points[0, 0], animal, atol=0.35)
    assert 0.5 < confidence[0, 0, 1] <= 0.6  # its own, not that of the false peak
    assert_allclose(find(heatmap)[0][0, 0, 1], (230, 10), atol=0.35)  # without a reach it is
    assert_allclose(find(heatmap, reach=10 * REACH)[0][0, 0, 1], (230, 10), atol=0.35)


def test_a_keypoint_without_a_peak_has_its_place_near_the_rest_and_a_low_confidence():
    """The false peaks are more than are looked at, and the likeliest place nearby is a slope without a maximum."""
    heatmap = drawn(ANIMAL, [0.6, 0.6, 0.6, 0.04])
    for x in range(150, 256, 20):
        for y in (20, 100, 170):
            heatmap = np.maximum(heatmap, drawn([(x, y)] * 4, [0, 0, 0, 0.9]))
    points, confidence = find(heatmap, reach=REACH)
    assert_allclose(points[0, 0], ANIMAL, atol=0.35)
    assert confidence[0, 0, 3] == pytest.approx(0.04, rel=0.1)


def test_the_place_of_the_animal_is_where_most_of_it_is_seen():
    """Another place has the highest peak, and two of four keypoints."""
    heatmap = np.maximum(drawn(ANIMAL, [0.5] * 4), drawn(ANIMAL + np.float32((170, 100)), [0, 0.9, 0.7, 0]))
    assert_allclose(find(heatmap, reach=REACH)[0][0, 0], ANIMAL, atol=0.35)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(20, 80))
def test_the_surest_set_in_reach_is_chosen(seed, reach):
    """Against all sets of three candidates of each of four keypoints; growing them is as good, or very nearly."""
    chance = np.random.default_rng(seed)
    places, confidence = chance.uniform(0, 100, (1, 3, 4, 2)), chance.uniform(0.01, 1, (1, 3, 4))
    points, weight = choose(jnp.float32(places), jnp.float32(confidence), jnp.full((4, 4), jnp.float32(reach)))
    best = 0.0
    for numbers in itertools.product(range(-1, 3), repeat=4):
        chosen = [(number, keypoint) for keypoint, number in enumerate(numbers) if number >= 0]
        apart = [np.linalg.norm(places[0, *a] - places[0, *b]) for a, b in itertools.combinations(chosen, 2)]
        if max(apart, default=0) <= reach:
            best = max(best, sum(confidence[0, *each] for each in chosen))
    seen = np.flatnonzero(weight[0])
    apart = np.linalg.norm(points[0, seen, None] - points[0, None, seen], axis=-1)
    assert apart.max() <= reach + 1e-3
    assert 0.9 * best < weight.sum() <= best + 1e-5


def test_missing_candidates_are_nobodys():
    places = jnp.array([[[[5.0, 5], [np.nan, np.nan]], [[np.nan, np.nan]] * 2]])
    points, weight = choose(places, jnp.array([[[0.5, 0], [0, 0]]]), jnp.full((2, 2), 10.0))
    assert_array_equal(weight, [[0.5, 0]])
    assert_array_equal(points, [[[5, 5], [0, 0]]])


def test_an_image_is_seen_alike_alone_and_among_others():
    heatmap = np.random.default_rng(0).random((3, *SHAPE, 4)).astype(np.float32) ** 8
    together = find(heatmap, reach=REACH)
    for index in range(3):
        for got, alone in zip(together, find(heatmap[index : index + 1], reach=REACH), strict=True):
            assert_array_equal(got[index], alone[0])


@pytest.mark.parametrize("shape", [(1, 2), (5, 3)])
def test_images_smaller_than_a_block_are_survived(shape):
    points, confidence = find(np.full((1, *shape, 4), 0.5, np.float32), reach=REACH)
    assert np.isfinite(points).all()
    assert_allclose(confidence, 0.5)
