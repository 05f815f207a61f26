"""Squares that are turned to the animal's axis."""

import numpy as np
import pytest

from marey.recognition import turned_squares
from marey.recognition.turned_squares import SIDE, Shape, cut_square, learn_shape, place_shape

BODY = np.array([20, 12 - 6j, 12 + 6j, 0, -15, -40 + 0j])  # the last is the tip of a tail


def poses(count, *, seed=0):
    """Poses of the same body anywhere, its tail astray; their middles and turns."""
    chance = np.random.default_rng(seed)
    middle = chance.uniform(100, 300, count) + 1j * chance.uniform(100, 300, count)
    turn = np.exp(1j * chance.uniform(-np.pi, np.pi, count))
    body = np.tile(BODY, (count, 1)) + chance.normal(0, 0.3, (count, 6)) + 1j * chance.normal(0, 0.3, (count, 6))
    body[:, -1] += chance.normal(0, 15, count) + 1j * chance.normal(0, 15, count)
    z = middle[:, None] + body * turn[:, None]
    z[chance.random((count, 6)) < 0.1] = np.nan
    return np.stack([z.real, z.imag], axis=-1).astype(np.float32), middle, turn


def test_each_pose_is_turned_to_one_axis_whatever_its_tail_does():
    points, middle, turn = poses(400)
    shape = learn_shape(points)
    found = place_shape(points, shape)
    seen = np.isfinite(points[..., 0]).sum(axis=1) >= 4
    off = np.angle(found.turn / turn)[seen]
    off = np.angle(np.exp(1j * (off - np.angle(np.exp(1j * off).mean()))))
    assert np.abs(off).max() < np.radians(8)
    lag = ((found.middle - middle) / turn)[seen]  # the middle of the shape is elsewhere on the body, but always there
    assert np.abs(lag - lag.mean()).max() < 2
    assert shape.weight[-1] < 0.1 * shape.weight[:-1].min()
    assert np.abs(shape.places[:5].imag).max() < 8  # along the x axis
    assert 35 < shape.side < 80  # of a body of 35 px


def test_a_pose_of_one_keypoint_has_no_axis():
    points, *_ = poses(50)
    shape = learn_shape(points)
    lone = np.full((1, 6, 2), np.nan, np.float32)
    lone[0, 2] = 5, 6
    assert np.isnan(place_shape(lone, shape).turn).all()
    assert np.isnan(place_shape(np.full((1, 6, 2), np.nan, np.float32), shape).turn).all()


@pytest.mark.parametrize("side", [30.0, 48.0, 110.0])
@pytest.mark.parametrize("angle", [0.0, 0.5, np.pi / 2, -2.5])
def test_squares_show_what_lies_there(side, angle):
    """Of an image whose red is x and whose green is y at each place."""
    column, row = np.meshgrid(np.arange(250) + 0.5, np.arange(220) + 0.5)
    image = np.stack([column, row, 0 * row], axis=-1).astype(np.uint8)
    middle, turn = 121.3 + 104.8j, np.exp(1j * angle)
    found = cut_square(image, middle, turn, side=side).astype(float)
    across, down = np.meshgrid(*2 * [(np.arange(SIDE) + 0.5) / SIDE * side - side / 2])
    place = middle + (across + 1j * down) * turn
    np.testing.assert_allclose(found[..., 0] + 0.5, place.real, atol=1.6)
    np.testing.assert_allclose(found[..., 1] + 0.5, place.imag, atol=1.6)


def test_what_is_beyond_the_image_is_black():
    square = cut_square(np.full((60, 60, 3), 200, np.uint8), 0 + 30j, 1 + 0j, side=40.0)
    assert (square[:, : SIDE // 2 - 1] == 0).all()
    assert (square[:, SIDE // 2 + 1 :] == 200).all()


def test_a_shape_of_two_keypoints():
    shape = Shape(np.array([-5 + 0j, 5 + 0j]), np.ones(2), 10.0)
    found = place_shape(np.array([[[0, 0], [0, 10]]], np.float32), shape)
    np.testing.assert_allclose(found.middle, [5j], atol=1e-6)
    np.testing.assert_allclose(found.turn, [1j], atol=1e-6)
    assert turned_squares.learn_shape(np.array([[[0, 0], [0, 10]]], np.float32)).side > 0
