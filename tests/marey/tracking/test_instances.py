"""Distances between poses, against a slow and plain account of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from marey.tracking.instances import centroid, displacement, distance


def poses(seed, count, keypoints):
    chance = np.random.default_rng(seed)
    points = chance.normal(0, 10, (2, count, keypoints, 2)).astype(np.float32)
    points[chance.random((2, count, keypoints)) < 0.4] = np.nan
    points[:, :, 0][np.isnan(points).all(axis=(2, 3))] = 1  # at least one is seen
    return points


@given(st.integers(0, 999), st.integers(1, 7), st.integers(1, 6))
def test_distance_is_the_median_over_shared_keypoints(seed, count, keypoints):
    first, second = poses(seed, count, keypoints)
    for a, b, apart, moved in zip(first, second, distance(first, second), displacement(first, second), strict=True):
        shared = np.isfinite(a - b).all(axis=1)
        if shared.any():
            expected = np.median(np.linalg.norm(a[shared] - b[shared], axis=1))
            step = (b - a)[shared].mean(axis=0)
        else:
            step = np.nanmean(b, axis=0) - np.nanmean(a, axis=0)
            expected = np.linalg.norm(step)
        np.testing.assert_allclose(apart, expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(moved, step, rtol=1e-4, atol=1e-4)


def test_middle_is_that_of_what_is_seen():
    pose = np.array([[[0, 0], [4, 2], [np.nan, np.nan]]], np.float32)
    np.testing.assert_array_equal(centroid(pose), [[2, 1]])
