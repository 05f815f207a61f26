"""Settings that are not those of the board: the message names what to change."""

import numpy as np
import pytest

from marey.multiview.board_detectors import build_detector
from marey.multiview.board_settings import explain_larger, explain_marker_size, explain_missing
from marey.multiview.boards import CHARUCO, CHESSBOARD, Board

from .made_boards import CHARUCO_BOARD, CHESS, REASON, camera, draw, poses, render

pytest.importorskip("cv2", reason=REASON)
EVEN = Board(CHARUCO, 7, 6, 30.0, 22.0, "4X4_50")  # rows: OpenCV printed such boards otherwise before 4.6


def images(drawn: Board, number: int = 2) -> list[np.ndarray]:
    rotations, moves = poses(drawn, number, seed=3, tilt=25)
    each = camera()._replace(rotation=np.eye(3), translation=np.zeros(3))
    drawing = draw(drawn)
    return [render(each, drawing, drawn, *pose) for pose in zip(rotations, moves, strict=True)]


@pytest.fixture(scope="module")
def charuco() -> list[np.ndarray]:
    return images(CHARUCO_BOARD)


def missing(board: Board, shown: list[np.ndarray]) -> str:
    """The message about a board that is not found, after none was found."""
    assert all(build_detector(board)(image) is None for image in shown)
    return explain_missing(board, shown)


def test_columns_and_rows_are_exchanged(charuco):
    board = CHARUCO_BOARD._replace(columns=5, rows=7)
    assert missing(board, charuco) == "columns and rows are exchanged: set `squares: [7, 5]`"


def test_the_dictionary_is_another(charuco):
    message = missing(CHARUCO_BOARD._replace(dictionary="5X5_100"), charuco)
    assert message == "the markers are of another dictionary: set `dictionary: 4X4_50`"


def test_the_board_has_other_squares(charuco):
    assert "a board of 7 columns and at least 5 rows: set `squares`" in missing(
        CHARUCO_BOARD._replace(columns=6, rows=9), charuco
    )


def test_the_video_is_a_mirror_image(charuco):
    mirrored = [np.ascontiguousarray(image[:, ::-1]) for image in charuco]
    assert missing(CHARUCO_BOARD, mirrored).startswith("the video is a mirror image")


@pytest.mark.parametrize("legacy", [True, False])
def test_boards_with_an_even_number_of_rows_were_printed_otherwise_once(legacy):
    message = missing(EVEN._replace(legacy=not legacy), images(EVEN._replace(legacy=legacy)))
    assert f"set `legacy: {str(legacy).lower()}`" in message
    assert "other squares" in message


def test_there_is_no_board():
    shown = [np.full((120, 160), 90, np.uint8)] * 2
    assert missing(CHARUCO_BOARD, shown).startswith("no board can be seen")
    assert missing(CHESS, shown).startswith("no board can be seen")


def test_one_kind_is_taken_for_the_other(charuco):
    assert "a ChArUco board with markers of 4X4_50; set `type: charuco`" in explain_missing(CHESS, charuco)
    message = missing(CHARUCO_BOARD, images(CHESS))
    assert "a chessboard of 7 x 6 squares" in message
    assert "set `type: chessboard` and `squares: [7, 6]`" in message


def test_a_chessboard_s_inner_corners_were_counted_instead_of_its_squares():
    shown = images(CHESS)
    board = Board(CHESSBOARD, *CHESS.grid, CHESS.square)
    message = explain_larger(board, shown)
    assert "a chessboard of 7 x 6 squares (6 x 5 inner corners), not of 6 x 5" in message
    assert "squares are counted, not inner corners: set `squares: [7, 6]`" in message
    assert explain_larger(CHESS, shown) == ""


def test_the_sizes_of_squares_and_markers_are_held_against_the_image(charuco):
    assert explain_marker_size(CHARUCO_BOARD, charuco) == ""
    message = explain_marker_size(CHARUCO_BOARD._replace(square=40.0), charuco)
    assert "of that of a square in the images, but 0.55 by `marker_size` 22 and `square_size` 40" in message
