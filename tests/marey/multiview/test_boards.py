"""Boards: their corners, the ways round in which they look the same, and settings that no board has."""

import numpy as np
import pytest

from marey.multiview.boards import CHARUCO, CHESSBOARD, Board, BoardError, marker_squares, read_board

from .made_boards import REASON

CONFIG = {"type": "charuco", "squares": [8, 11], "square_size": 24, "marker_size": 18.75, "dictionary": "4X4_1000"}


def test_corners_count_row_by_row_from_the_outer_corner():
    corners = Board(CHESSBOARD, 4, 3, 10.0).corners
    np.testing.assert_array_equal(
        corners, [[10, 10, 0], [20, 10, 0], [30, 10, 0], [10, 20, 0], [20, 20, 0], [30, 20, 0]]
    )


def looks(board: Board, turn: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """The colour of each square after the board was moved, by the place where it comes to lie."""
    y, x = np.mgrid[: board.rows, : board.columns].reshape(2, -1)
    place = (np.stack([x, y], axis=-1) + 0.5) @ turn.T + shift
    image = np.full((board.rows, board.columns), -1)
    image[tuple(np.floor(place[:, ::-1]).astype(int).T)] = (x + y) % 2
    return image


@pytest.mark.parametrize(("columns", "rows", "number"), [(10, 7, 1), (9, 7, 2), (8, 6, 2), (7, 7, 4), (6, 6, 2)])
def test_a_chessboard_looks_the_same_where_turning_it_exchanges_no_colours(columns, rows, number):
    board = Board(CHESSBOARD, columns, rows, 1.0)
    assert len(board.alike) == number
    np.testing.assert_array_equal(board.alike[0], np.arange(len(board.corners)))
    flat = board.corners[:, :2]
    for order in board.alike:  # a rotation of the board that leaves all colours where they are
        centred, moved = flat - flat.mean(axis=0), flat[order] - flat.mean(axis=0)
        turn = np.linalg.lstsq(centred, moved, rcond=None)[0].T
        np.testing.assert_allclose(turn @ turn.T, np.eye(2), atol=1e-9)
        assert np.linalg.det(turn) > 0
        shift = flat.mean(axis=0) - turn @ flat.mean(axis=0)
        np.testing.assert_array_equal(looks(board, turn, shift), looks(board, np.eye(2), np.zeros(2)))


def test_markers_tell_which_way_round_a_board_is():
    assert len(Board(CHARUCO, 7, 7, 1.0, 0.7, "4X4_50").alike) == 1


@pytest.mark.parametrize(("columns", "rows", "legacy"), [(8, 11, False), (5, 6, False), (5, 6, True), (6, 5, True)])
def test_markers_lie_where_opencv_prints_them(columns, rows, legacy):
    aruco = pytest.importorskip("cv2", reason=REASON).aruco
    board = aruco.CharucoBoard((columns, rows), 2.0, 1.0, aruco.getPredefinedDictionary(aruco.DICT_4X4_100))
    board.setLegacyPattern(legacy)
    expected = np.array(board.getObjPoints())[:, 0, :2] // 2
    np.testing.assert_array_equal(marker_squares(columns, rows, legacy=legacy), expected)


def test_a_board_is_read_from_the_config():
    assert read_board(CONFIG) == Board(CHARUCO, 8, 11, 24.0, 18.75, "4X4_1000", False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"square_size": 18.75, "marker_size": 24}, "`marker_size` is 24 and `square_size` 18.75; were they exchanged"),
        ({"squares": [8, 2]}, "8 x 2 squares is too small"),
    ],
)
def test_no_board_is_like_that(change, message):
    with pytest.raises(BoardError, match=message):
        read_board({**CONFIG, **change})
