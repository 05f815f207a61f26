"""Sizes of labelled animals: by hand."""

import numpy as np
import pandas as pd

from marey.labels import sizes

NAN = np.nan


def test_the_usual_size_is_that_of_half_the_animals():
    points = np.full((5, 2, 3, 2), NAN, np.float32)
    for frame, width in enumerate((30, 40, 50, 400, 45)):  # in one, something is labelled far off
        points[frame, 0, 0], points[frame, 0, 2] = (10, 10), (10 + width, 20)
    points[:, 1, 1] = 7  # animals of one keypoint
    np.testing.assert_array_equal(sizes.box_sides(points), [[30, NAN], [40, NAN], [50, NAN], [400, NAN], [45, NAN]])
    assert sizes.usual_size(points) == 45
    assert sizes.usual_size(points[:, 1:]) == sizes.usual_size(points[:0]) == 0


def test_videos_with_animals_of_other_sizes_are_named():
    videos = ["small"] * 3 + ["large"] * 4 + ["middle"] * 3 + ["one"]
    sides = np.array([20, 30, 22, 90, 50, 51, 52, 40, 40, 40, 400.0])
    assert sizes.uneven_sizes(videos, sides) == {"small": 22, "large": 51.5}  # medians; one animal does not count
    assert sizes.uneven_sizes(["a"] * 3 + ["b"] * 3, [30.0] * 3 + [60.0] * 3) == {}  # twice is not more than twice
    assert sizes.uneven_sizes(["a"] * 3 + ["b"] * 4, [30.0] * 3 + [NAN, 90, NAN, 90]) == {}  # only two are known
    assert sizes.uneven_sizes([], []) == {}


def test_a_table_of_labels_says_the_same_as_its_points():
    points = np.random.default_rng(0).uniform(0, 100, (4, 2, 3, 2))
    points[0, 0, :2] = points[1, 1] = points[2, 0, 1] = NAN
    index = pd.MultiIndex.from_product([range(4), list("ab"), list("xyz")], names=["frame", "individual", "keypoint"])
    table = pd.DataFrame(points.reshape(-1, 2), index=index, columns=["x", "y"]).reset_index().assign(video="v")
    found, expected = sizes.table_sides(table), sizes.box_sides(points)
    np.testing.assert_allclose(found["side"], expected[np.isfinite(expected)])
    assert set(found["video"]) == {"v"}
