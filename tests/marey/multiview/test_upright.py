"""Which way is up: for cameras that look down on a floor, however the world lies, and for those that look along it."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from marey.multiview.upright import upright

from .rig import ring


def moved(cameras, turn):
    """The same cameras in a world whose axes are turned."""
    return [camera._replace(rotation=camera.rotation @ turn.T) for camera in cameras]


def is_right_handed(axes):
    return np.allclose(np.linalg.det(axes), 1) and np.allclose(axes @ axes.T, np.eye(3))


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_a_world_whose_floor_is_flat_keeps_its_axes(count):
    found = upright(ring(count))
    np.testing.assert_allclose(found.axes, np.eye(3), atol=1e-12)
    assert found.names == ("x", "y", "z")


def test_other_axes_may_point_up():
    for turn, up in ((np.diag([1, -1, -1.0]), "-z"), (Rotation.from_euler("x", -90, degrees=True).as_matrix(), "y")):
        found = upright(moved(ring(4), turn))
        assert found.names[2] == up
        assert is_right_handed(found.axes)
        assert "" not in found.names


@pytest.mark.parametrize("height", [700.0, 2000.0])
def test_in_the_axes_of_a_camera_up_is_where_the_others_stand(height):
    cameras = ring(4, height=height)
    turn = cameras[0].rotation
    found = upright(moved(cameras, turn))
    np.testing.assert_allclose(found.axes[2], turn @ [0, 0, 1], atol=0.1)
    assert is_right_handed(found.axes)
    assert found.names[2] == ""


def test_a_camera_that_looks_straight_down_and_one_that_looks_along_the_floor():
    down = ring(1)[0]._replace(rotation=np.diag([1.0, -1.0, -1.0]))
    along = down._replace(rotation=np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]))
    assert upright([down]).axes[2] @ [0, 0, 1] > 0.7
    assert upright([along]).axes[2] @ [0, 0, 1] > 0.7
    assert upright([down, along]).names[2] == "z"
