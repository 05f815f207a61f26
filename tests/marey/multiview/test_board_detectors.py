"""Corners in rendered images: where they are, in Marey's px, and in which order."""

import numpy as np
import pytest

from marey.multiview.board_detectors import FoundCorners, build_detector, dictionary, is_grid
from marey.multiview.boards import CHESSBOARD, Board, BoardError
from marey.multiview.cameras import project

from .made_boards import CHARUCO_BOARD, CHESS, REASON, camera, draw, poses, render

cv2 = pytest.importorskip("cv2", reason=REASON)


def seen(board: Board, frame: int, turned: float = 0.0, drawn: Board | None = None):
    """An image of a board, and where its corners are: f64[corner, 2] px."""
    rotations, moves = poses(board, frame + 1, seed=3, tilt=25)
    each = camera()._replace(rotation=np.eye(3), translation=np.zeros(3))
    image = render(each, draw(drawn or board), board, rotations[frame], moves[frame])
    return image, project(each, board.corners @ rotations[frame].T + moves[frame])


@pytest.mark.parametrize("board", [CHESS, CHARUCO_BOARD], ids=["chessboard", "charuco"])
def test_corners_are_found_where_they_are(board):
    errors = []
    for frame in range(2):
        image, truth = seen(board, frame)
        found = build_detector(board)(image)
        assert len(found.corners) >= 0.8 * len(truth)
        errors.append(found.places - truth[found.corners])
    errors = np.concatenate(errors)
    assert np.abs(errors.mean(axis=0)).max() < 0.03  # half a pixel of another convention would show
    assert np.sqrt((errors**2).sum(axis=-1).mean()) < 0.2


@pytest.mark.parametrize("size", [(7, 6), (7, 5), (6, 6)])
def test_the_order_of_a_chessboard_s_corners_is_one_of_those_in_which_it_looks_the_same(size):
    board = Board(CHESSBOARD, *size, 20.0)
    upright, truth = seen(board, 0)
    for turn in (0, 1, 2, 3):
        image = np.ascontiguousarray(np.rot90(upright, turn))
        found = build_detector(board)(image)
        places = turn_places(truth, upright.shape, turn)
        apart = [np.abs(found.places - places[order]).max() for order in board.alike]
        assert min(apart) < 0.5


def turn_places(places: np.ndarray, shape: tuple[int, int], turn: int) -> np.ndarray:
    """Places px in an image that `np.rot90` has turned."""
    height, width = shape
    for _ in range(turn):
        places = np.stack([places[:, 1], width - places[:, 0]], axis=-1)
        height, width = width, height
    return places


def test_what_is_no_board_is_none():
    noise = np.random.default_rng(0).integers(0, 255, (120, 160), dtype=np.uint8)
    assert build_detector(CHESS)(noise) is None
    assert build_detector(CHARUCO_BOARD)(noise) is None


def test_a_board_of_other_columns_and_rows_is_not_found():
    image, _ = seen(CHARUCO_BOARD, 0)
    other = CHARUCO_BOARD._replace(columns=CHARUCO_BOARD.rows, rows=CHARUCO_BOARD.columns)
    assert build_detector(other)(image) is None


def test_corners_on_a_grid_are_told_from_others():
    grid = np.stack(np.meshgrid(np.arange(5), np.arange(4)), axis=-1).reshape(-1, 2) * 20.0
    every = np.arange(20)
    assert is_grid((5, 4), FoundCorners(every, grid))
    assert is_grid((5, 4), FoundCorners(every[3:], grid[3:]))
    assert not is_grid((5, 4), FoundCorners(every, grid * (-1, 1)))  # a mirror image
    assert not is_grid((5, 4), FoundCorners(every, np.random.default_rng(0).permutation(grid)))


def test_a_dictionary_is_told_by_its_name_and_size():
    assert len(dictionary("4X4_50", 17).bytesList) == 17
    with pytest.raises(BoardError, match="no dictionary of markers '4X5_50'; expected one of .*4X4_50"):
        dictionary("4X5_50")
    with pytest.raises(BoardError, match="60 markers, but the dictionary 4X4_50 only 50"):
        dictionary("4X4_50", 60)
