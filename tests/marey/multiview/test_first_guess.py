"""How cameras stand to each other by shared frames: boards that look the same turned, and videos that do not fit."""

import numpy as np
import pytest

from marey.multiview.boards import CHESSBOARD, Board
from marey.multiview.first_guess import guess_camera, guess_rig, place_boards

from .made_boards import CHESS, REASON, alone, made_rig, ring, sights, views

pytest.importorskip("cv2", reason=REASON)
ALIKE = Board(CHESSBOARD, 7, 5, 20.0)  # looks the same turned by 180 degrees


def test_a_camera_is_guessed_by_its_views():
    truth = made_rig(ring(1), CHESS, 12)
    (seen,) = sights(truth, CHESS, 0.1)
    guess = guess_camera("a", truth.cameras[0].size, list(seen.values()), CHESS)
    np.testing.assert_allclose(guess.matrix, truth.cameras[0].matrix, atol=6)


def assert_places(cameras, truth):
    for camera, expected in zip(cameras, truth, strict=True):
        np.testing.assert_allclose(camera.centre, expected.centre, atol=4)
        np.testing.assert_allclose(camera.rotation, expected.rotation, atol=0.02)


def test_a_chain_of_cameras_of_which_the_last_shares_no_frame_with_the_first():
    truth = made_rig(ring(3), CHESS, 12)
    found = sights(truth, CHESS, 0.1)
    for frame in range(12):
        found[0 if frame % 2 else 2].pop(frame, None)
    assert_places(guess_rig(alone(truth.cameras), views(truth.cameras, found, CHESS), CHESS), truth.cameras)


def test_a_board_that_looks_the_same_turned_is_seen_either_way_round():
    truth = made_rig(ring(2), ALIKE, 10)
    found = sights(truth, ALIKE, 0.1)
    for frame in (0, 3, 4, 8):  # as a detector that takes the other end for the first
        found[1][frame] = found[1][frame][ALIKE.alike[1]]
    seen = views(truth.cameras, found, ALIKE)
    cameras = guess_rig(alone(truth.cameras), seen, ALIKE)
    assert_places(cameras, truth.cameras)
    _, corners, frames = place_boards(cameras, seen, ALIKE)
    assert frames == list(range(10))
    assert len(corners.camera) == sum(np.isfinite(places[:, 0]).sum() for each in found for places in each.values())


def test_a_view_that_does_not_fit_the_others_is_left_out():
    truth = made_rig(ring(2), CHESS, 10)
    found = sights(truth, CHESS, 0.1)
    found[1][4] = found[1][5]
    cameras = guess_rig(alone(truth.cameras), views(truth.cameras, found, CHESS), CHESS)
    _, seen, _ = place_boards(cameras, views(truth.cameras, found, CHESS), CHESS)
    assert not ((seen.camera == 1) & (seen.board == 4)).any() or not ((seen.camera == 0) & (seen.board == 4)).any()
