"""The graph: connected by short lines, with the skeleton in it, capped elsewhere."""

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from marey.training.edges import MAX_KEYPOINT_DEGREE, choose_edges


def chain(keypoints: int, animals: int = 5) -> np.ndarray:
    """Animals whose keypoints stand 10 px apart in a row, f32[animals, 1, keypoints, 2]."""
    points = np.zeros((animals, 1, keypoints, 2), np.float32)
    points[..., 0] = 10 * np.arange(keypoints) + np.random.default_rng(0).normal(0, 1, (animals, 1, keypoints))
    return points


def test_few_keypoints_are_joined_each_with_each():
    assert choose_edges(chain(4)) == ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))


@pytest.mark.parametrize("keypoints", [8, 13, 24])
def test_many_are_joined_with_their_neighbours(keypoints):
    edges = np.array(choose_edges(chain(keypoints)))
    joined = np.zeros((keypoints, keypoints))
    joined[edges[:, 0], edges[:, 1]] = 1
    assert connected_components(joined, directed=False)[0] == 1
    assert np.bincount(edges.ravel()).max() <= MAX_KEYPOINT_DEGREE
    assert np.median(edges[:, 1] - edges[:, 0]) <= 2
    assert {(k, k + 1) for k in range(keypoints - 1)} <= set(map(tuple, edges.tolist()))


def test_the_skeleton_is_always_in_it():
    assert (0, 23) in choose_edges(chain(24), skeleton=((23, 0),))


def test_objects_and_what_is_never_seen_together_have_no_edge():
    points = chain(4)
    points[:2, :, 2] = points[2:, :, 3] = np.nan  # 2 and 3 are never there both
    edges = choose_edges(points, unique=(1,))
    assert edges == ((0, 2), (0, 3))
    assert choose_edges(np.full((2, 1, 3, 2), np.nan, np.float32)) == ()
