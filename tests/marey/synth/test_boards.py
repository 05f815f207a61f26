"""Films of a board: where its corners are seen is where the camera projects them."""

from itertools import islice

import numpy as np
import pytest
from scipy import ndimage

from marey.synth.boards import Chessboard, board_film, board_poses, flat_pose, paint_board
from marey.synth.cameras import build_camera
from marey.synth.scene import Scene

BOARD = Chessboard(8, 5, 25.0)
SCENE = Scene(cameras=("top", "front", "right"), noise=0)


def corners(board: Chessboard) -> np.ndarray:
    y, x = np.mgrid[1 : board.rows, 1 : board.columns].reshape(2, -1) * board.square
    return np.stack([x, y, np.zeros_like(x)], axis=-1)


@pytest.mark.parametrize("camera", SCENE.cameras)
def test_corners_are_where_they_are_projected(camera):
    """About a corner, the image is the same after a turn by 180 degrees: four squares, two of them dark."""
    seen = build_camera(SCENE, camera)
    for rotation, translation in islice(board_poses(SCENE, BOARD, 4), 1, None):
        image = np.full((240, 320, 3), 0.4, np.float32)
        paint_board(image, seen, BOARD, rotation, translation)
        grey = image[..., 0].astype(float)
        places, _ = seen.project(corners(BOARD) @ rotation.T + translation)
        inside = ((places > 6) & (places < np.array(seen.size) - 6)).all(axis=-1)
        assert inside.sum() > 8
        offsets = np.stack(np.meshgrid([-2.5, -1, 1, 2.5], [-2.5, -1, 1, 2.5]), axis=-1).reshape(-1, 2)
        for place in places[inside]:
            around = [
                ndimage.map_coordinates(grey, ((place + sign * offsets) - 0.5)[:, ::-1].T, order=1) for sign in (1, -1)
            ]
            assert np.abs(around[0] - around[1]).mean() < 0.06
            assert np.ptp(around[0]) > 0.3
        moved = ndimage.map_coordinates(grey, ((places[inside] + [3, 0])[:, ::-1] - 0.5).T, order=1)
        assert np.abs(moved - (0.06 + 0.88) / 2).mean() > 0.15  # elsewhere it is dark or white


def test_the_first_square_is_dark_and_the_board_lies_first_on_the_floor():
    rotation, translation = flat_pose(BOARD)
    first = next(board_poses(SCENE, BOARD, 2))
    np.testing.assert_array_equal(first[0], rotation)
    np.testing.assert_array_equal(rotation @ [1, 0, 0], [1, 0, 0])
    np.testing.assert_array_equal(rotation @ [0, 1, 0], [0, -1, 0])
    np.testing.assert_array_equal(translation, [-100, 62.5, 0])
    camera = build_camera(SCENE, "top")
    image = next(board_film(SCENE, "top", BOARD, 1))
    squares = np.array([[12.5, 12.5, 0], [37.5, 12.5, 0], [187.5, 112.5, 0]]) @ rotation.T + translation
    x, y = camera.project(squares)[0].astype(int).T
    dark, white, last = image[y, x].mean(axis=-1)
    assert dark < 40
    assert white > 200
    assert last > 200  # so that it does not look the same when it is turned


def test_all_cameras_see_the_same_board_and_every_film_is_the_same_again():
    for camera in SCENE.cameras:
        once, again = (list(board_film(SCENE, camera, BOARD, 3)) for _ in range(2))
        np.testing.assert_array_equal(once, again)
        assert len(once) == 3
    poses = list(board_poses(SCENE, BOARD, 5))
    assert len(poses) == 5
    tilts = [np.degrees(np.arccos(-rotation[2, 2])) for rotation, _ in poses[1:]]
    assert max(tilts) > 10
    for rotation, _ in poses:
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1)


def test_a_board_outside_of_the_image_leaves_it_as_it_is():
    image = np.full((240, 320, 3), 0.4, np.float32)
    paint_board(image, build_camera(SCENE, "top"), BOARD, flat_pose(BOARD)[0], np.array([2000.0, 0, 0]))
    assert (image == np.float32(0.4)).all()
