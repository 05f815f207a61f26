"""Least squares: minima that are known."""

import numpy as np
import pytest
from scipy import sparse

from marey.multiview.least_squares import minimise


class Line:
    """Points that are to lie at `slope` times 1, 2, 3 ... along x, and at 0 along y; a third unknown tells nothing."""

    size = 3

    def __init__(self, places: list[float]):
        self.places = np.array(places)

    def residuals(self, change: np.ndarray) -> np.ndarray:
        along = change[0] * np.arange(1, len(self.places) + 1) - self.places
        return np.stack([along, np.full(len(along), change[1])], axis=-1).ravel()

    def jacobian(self, change: np.ndarray, weight: np.ndarray) -> sparse.csr_matrix:
        rows = np.zeros((2 * len(self.places), 3))
        rows[::2, 0], rows[1::2, 1] = np.arange(1, len(self.places) + 1), 1
        return sparse.csr_matrix(weight[:, None] * rows)


def test_the_least_squares_are_those_of_linear_algebra():
    places = [2.1, 3.9, 6.2]
    slope = np.dot([1, 2, 3], places) / 14
    np.testing.assert_allclose(minimise(Line(places), np.inf), [slope, 0, 0], atol=1e-6)


def test_an_outlier_counts_like_its_distance():
    places = [100.0, 4.0, 6.0, 8.0, 10.0]
    assert minimise(Line(places), np.inf)[0] > 3
    assert minimise(Line(places), 0.01)[0] == pytest.approx(2.0, abs=0.05)  # the least sum of distances


def test_what_is_not_finite_is_no_start():
    with pytest.raises(ValueError, match="cannot be seen"):
        minimise(Line([1.0, np.nan]), np.inf)
