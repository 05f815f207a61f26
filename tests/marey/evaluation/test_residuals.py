"""Residuals and the body length, by hand."""

import numpy as np
import pandas as pd
import pytest

from marey.evaluation import residuals

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
    np.testing.assert_array_equal(residuals.miss_distances(points), [5, 1, NAN, NAN, np.inf, NAN])
    assert residuals.scored_points(points).index.tolist() == [0, 1, 2]


def test_body_length_is_the_median_of_the_longest_distances():
    rows = [("a", f, "snout", 0, 0) for f in range(3)]
    rows += [("a", f, "tail", 30 * (f + 1), 40 * (f + 1)) for f in range(3)]
    rows += [("a", f, "ear", 1, 1) for f in range(4)]  # frame 3: one point, no length
    labels = pd.DataFrame(rows, columns=["video", "frame", "keypoint", "true_x", "true_y"]).assign(individual="m")
    assert residuals.body_length(labels) == pytest.approx(100)
    assert np.isnan(residuals.body_length(labels[labels["keypoint"] == "snout"]))


def test_names_of_spurious_animals():
    names = pd.Series(["spurious1", "spurious12", "spurious", "aspurious1", "mouse1"])
    assert residuals.is_spurious(names).tolist() == [True, True, False, False, False]


def test_what_judges_the_confidence():
    rows = [
        (0, "m1", "visible", 3, 4, 0, 0),
        (0, "m2", "visible", NAN, NAN, 0, 0),
        (0, "m2", "unlabelled", 5, 5, NAN, NAN),
        (0, "m2", "absent", 5, 5, NAN, NAN),
        (0, "spurious1", "absent", 5, 5, NAN, NAN),
        (0, "spurious1", "absent", NAN, NAN, NAN, NAN),
    ]
    points = pd.DataFrame(rows, columns=["frame", "individual", *NAMES]).assign(video="v")
    assert residuals.shows_several(points)
    assert residuals.judged_points(points).index.tolist() == [0, 1, 3, 4]
    one = points[points["individual"] == "m2"]  # one animal in each frame: absent keypoints stay out, as ever
    assert not residuals.shows_several(one)
    assert residuals.judged_points(one).index.tolist() == [1]
    unseen = points.iloc[[0, 5]]  # the other animal is neither labelled nor predicted
    assert not residuals.shows_several(unseen)
