"""Choosing and cutting moments."""

import numpy as np
import pandas as pd
import pytest

from marey.tables import files
from marey.tables.review import REVIEW
from marey.views import moments


def test_moments_come_likeliest_first(tmp_path):
    rows = {"rank": [2, 1], "video": "v", "frame": [5, 9], "time": [0.5, 0.9], "first": "a", "second": "b"}
    rows = pd.DataFrame({**rows, "probability": [0.1, 0.4], "x": np.nan, "y": np.nan})
    files.write(tmp_path / "r.parquet", rows, REVIEW)
    assert moments.read_moments(tmp_path / "r.parquet")["frame"].tolist() == [9, 5]


@pytest.mark.parametrize(
    ("frame", "reach", "expected"),
    [(50, 1.0, (40, 61)), (3, 1.0, (0, 14)), (99, 0.5, (94, 100)), (50, 0.0, (50, 51)), (500, 0.2, (97, 100))],
)
def test_window(frame, reach, expected):
    assert moments.frames_around(np.arange(100) / 10, frame, reach) == expected


def test_window_goes_by_time_not_by_frames():
    time = np.concatenate([np.arange(50) / 10, 5 + np.arange(50) / 50])
    assert moments.frames_around(time, 50, 0.5) == (45, 76)


SHAPE = (240, 320, 3)


def test_crops_hold_the_points_with_a_margin_and_have_the_shape_of_the_picture():
    points = np.array([[[150.0, 100], [250, 130]], [[np.nan, np.nan], [170, 110]]])
    left, top, right, bottom = moments.crop_box(points, SHAPE)
    assert (right - left) / (bottom - top) == pytest.approx(320 / 240)
    assert right - left == pytest.approx(100 * 1.3)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((200, 115))


@pytest.mark.parametrize("corner", [(2, 2), (318, 238)])
def test_crops_lie_in_the_picture(corner):
    left, top, right, bottom = moments.crop_box(np.array([corner], float), SHAPE)
    assert 0 <= left < right <= 320
    assert 0 <= top < bottom <= 240
    assert (right - left, bottom - top) == pytest.approx((80, 60))  # a quarter, however small the animals
    assert left <= corner[0] <= right
    assert top <= corner[1] <= bottom


def test_animals_far_apart_show_the_whole_picture():
    assert moments.crop_box(np.array([[5.0, 5], [310, 200]]), SHAPE) == (0, 0, 320, 240)


def test_without_points_the_place_of_the_moment_counts():
    nowhere = np.full((3, 2, 2), np.nan)
    assert moments.crop_box(nowhere, SHAPE, middle=(160, 120)) == (120, 90, 200, 150)
    assert moments.crop_box(nowhere, SHAPE) == (0, 0, 320, 240)
    assert moments.crop_box(nowhere[:, :0], SHAPE) == (0, 0, 320, 240)


def test_points_move_with_the_picture():
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[21, 33] = 255
    box = (20.0, 10.0, 50.0, 30.0)
    cut = np.asarray(moments.crop_image(picture, box, (300, 200))).sum(axis=2).astype(float)
    seen = [(cut * (axis + 0.5)).sum() / cut.sum() for axis in np.indices(cut.shape)]
    place = moments.crop_points(np.array([33.5, 21.5]), box, (300, 200))
    assert place == pytest.approx((135, 115))
    assert seen[::-1] == pytest.approx(place, abs=0.5)


def test_between_picks_the_two():
    moment = next(pd.DataFrame({"first": ["c"], "second": ["a"]}).itertuples())
    points = np.arange(3.0)[None, :, None, None] * np.ones((4, 3, 2, 2))
    assert moments.pair_points(["a", "b", "c"], points, moment)[0, :, 0, 0].tolist() == [0, 2]
