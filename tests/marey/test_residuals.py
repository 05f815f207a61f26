"""Residuals and the body length, by hand."""

import numpy as np
import pandas as pd
import pytest

from marey import residuals

NAMES = ["visibility", "x", "y", "true_x", "true_y"]
NAN = np.nan


def test_distances_and_misses_by_hand():
    rows = [
        ("visible", 3, 4, 0, 0),
        ("occluded", 0, 1, 0, 0),
        ("visible", NAN, NAN, 0, 0),  # not found
        ("unlabelled", 5, 5, NAN, NAN),
        ("absent", 5, 5, NAN, NAN),  # seen where the label says that nothing is
        ("absent", NAN, NAN, NAN, NAN),
    ]
    points = pd.DataFrame(rows, columns=NAMES)
    np.testing.assert_array_equal(residuals.distances(points), [5, 1, NAN, NAN, NAN, NAN])
    np.testing.assert_array_equal(residuals.misses(points), [5, 1, NAN, NAN, np.inf, NAN])
    assert residuals.scored(points).index.tolist() == [0, 1, 2]


def test_body_length_is_the_median_of_the_longest_distances():
    rows = [("a", f, "snout", 0, 0) for f in range(3)]
    rows += [("a", f, "tail", 30 * (f + 1), 40 * (f + 1)) for f in range(3)]
    rows += [("a", f, "ear", 1, 1) for f in range(4)]  # frame 3: one point, no length
    labels = pd.DataFrame(rows, columns=["video", "frame", "keypoint", "true_x", "true_y"]).assign(individual="m")
    assert residuals.body_length(labels) == pytest.approx(100)
    assert np.isnan(residuals.body_length(labels[labels["keypoint"] == "snout"]))
