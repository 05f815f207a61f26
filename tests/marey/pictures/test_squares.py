"""Squares: an animal's middle, and points that are where they are, whichever square they were seen in."""

import numpy as np
import pytest

from marey.pictures import squares
from marey.pictures.views import Picture

from ..dots import picture


def test_the_middle_is_that_of_the_box_about_what_is_there():
    nan = np.nan
    points = np.array([[[0, 10], [4, 30], [2, nan]], [[7, 8], [nan, nan], [nan, nan]], [[nan] * 2] * 3])
    np.testing.assert_array_equal(squares.box_middles(points), [[2, 20], [7, 8], [nan, nan]])


def brightest(images):
    """The middle of the brightest pixel of each picture, as a keypoint."""
    found = [np.unravel_index(image[..., 0].argmax(), image.shape[:2])[::-1] for image in images]
    return np.array(found, np.float32).reshape(-1, 1, 2) + 0.5, np.ones((len(images), 1))


@pytest.mark.parametrize("scale", [1.0, 2.0, 0.8])
def test_a_point_is_where_it_is_in_any_square_that_holds_it(scale):
    place = np.array([12.5, 70.5])
    seen = Picture(picture(120, 80, *place), scale)
    centres = [seen.to_input(place + shift) for shift in np.array([[0, 0], [11, -9], [-10, 12.3], [0.4, 0.2]])]
    points, sure = squares.look_at_squares(brightest, [seen] * 4, centres, side=64)
    np.testing.assert_allclose(seen.to_image(points[:, 0]), np.tile(place, (4, 1)), atol=0.7 / scale)
    assert sure.shape == (4, 1)
    assert squares.look_at_squares(brightest, [], [], side=64)[0].shape == (0, 1, 2)


def test_a_picture_at_another_scale_has_its_points_there():
    seen = Picture(np.zeros((80, 121, 3), np.uint8), 1.5)
    reduced = seen.scaled(0.5)
    assert reduced.whole().shape == (64, 96, 3)  # 60 x 91 px, padded
    corner = np.array([[121.0, 80.0]])
    np.testing.assert_allclose(reduced.to_input(corner), [[91, 60]])
    np.testing.assert_allclose(seen.to_image(seen.to_input(corner)), corner)


def test_the_first_keypoint_that_an_animal_has_is_its_anchor():
    nan = [np.nan] * 2
    points = np.float32([[[1, 2], [3, 4], [5, 6]], [nan, nan, [7, 8]], [nan, nan, nan], [[1, 2], [np.nan, 4], nan]])
    np.testing.assert_array_equal(squares.anchors(points, (1, 0, 2)), [[3, 4], [7, 8], nan, [1, 2]])
    np.testing.assert_array_equal(squares.anchors(points), squares.box_middles(points))
