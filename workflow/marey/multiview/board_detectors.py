"""Find the corners of a board in one image, to a fraction of a pixel."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from marey.multiview import opencv
from marey.multiview.boards import CHARUCO, Board, BoardError, marker_squares

MIN_CORNERS = 6  # of a board that is found
STRAIGHT = 0.35  # of a step: how far a corner may lie from the middle of its neighbours
MIN_STRAIGHT = 0.9  # of the corners with neighbours on both sides
WINDOW_PART, SMALLEST_WINDOW, LARGEST_WINDOW = 0.3, 2, 10  # half the side of what refines a corner: of a step, px


class FoundCorners(NamedTuple):
    """Corners of a board in an image: which they are, i64[n], and where, f64[n, 2] px (the image's corner is 0)."""

    corners: np.ndarray
    places: np.ndarray


FindBoard = Callable[[np.ndarray], FoundCorners | None]


def build_detector(board: Board) -> FindBoard:
    """Build what finds the corners of `board` in a grey image u8[height, width]; None where the board is not found.

    Raises BoardError where the dictionary is unknown or has too few markers.
    """
    return _charuco(board) if board.kind == CHARUCO else _chessboard(board)


def dictionary(name: str, markers: int | None = None):
    """Return the markers of a dictionary, or the first `markers` of them.

    To look for those of the board alone takes an eighth of the time that a dictionary of 1,000 takes, and finds the
    same. Raises BoardError where there is no such dictionary or it has fewer.
    """
    aruco = opencv.load().aruco
    known = sorted({each.removeprefix("DICT_").upper() for each in dir(aruco) if each.startswith("DICT_")})
    if name.removeprefix("DICT_").upper() not in known:
        raise BoardError(f"there is no dictionary of markers '{name}'; expected one of {', '.join(known)}")
    whole = aruco.getPredefinedDictionary(getattr(aruco, f"DICT_{name.removeprefix('DICT_').upper()}"))
    if markers is None:
        return whole
    if markers > len(whole.bytesList):
        raise BoardError(f"the board has {markers} markers, but the dictionary {name} only {len(whole.bytesList)}")
    return aruco.Dictionary(whole.bytesList[:markers], whole.markerSize, whole.maxCorrectionBits)


def opencv_board(board: Board):
    """Make OpenCV's object of a ChArUco board."""
    markers = dictionary(board.dictionary, len(marker_squares(board.columns, board.rows)))
    made = opencv.load().aruco.CharucoBoard((board.columns, board.rows), board.square, board.marker, markers)
    made.setLegacyPattern(board.legacy)
    return made


def is_grid(grid: tuple[int, int], found: FoundCorners) -> bool:
    """Tell whether found corners lie as on a board: in lines that bend little, rows going down from left to right.

    Args:
        grid: inner corners of the board, (columns, rows).
        found: some of them.
    """
    columns, rows = grid
    places = np.full((rows * columns, 2), np.nan)
    places[found.corners] = found.places
    places = places.reshape(rows, columns, 2)
    along, down = np.diff(places, axis=1), np.diff(places, axis=0)
    bends = [_bends(along), _bends(down.swapaxes(0, 1))]
    bend = np.concatenate([each[np.isfinite(each)] for each in bends])
    turn = along[:-1, :, 0] * down[:, :-1, 1] - along[:-1, :, 1] * down[:, :-1, 0]
    turn = turn[np.isfinite(turn)]
    return bool(len(bend) and len(turn) and np.mean(bend < STRAIGHT) >= MIN_STRAIGHT and np.mean(turn > 0) > 0.5)


def _bends(steps: np.ndarray) -> np.ndarray:
    """How far the corner between two steps f64[n, m, 2] lies from their middle, as part of the steps, f64[n, m - 1]."""
    apart = np.linalg.norm(np.diff(steps, axis=1), axis=-1) / 2
    length = np.linalg.norm(steps, axis=-1)
    return apart / np.maximum((length[:, 1:] + length[:, :-1]) / 2, 1e-9)


def _charuco(board: Board) -> FindBoard:
    detector = opencv.load().aruco.CharucoDetector(opencv_board(board))

    def find(image: np.ndarray) -> FoundCorners | None:
        places, ids, _, _ = detector.detectBoard(image)
        if ids is None or len(ids) < MIN_CORNERS:
            return None
        found = FoundCorners(ids.ravel().astype(np.int64), places.reshape(-1, 2) + 0.5)
        return found if is_grid(board.grid, found) else None

    return find


def _chessboard(board: Board) -> FindBoard:
    cv2 = opencv.load()
    columns, rows = board.grid
    flags = cv2.CALIB_CB_ADAPTIVE_THRESH | cv2.CALIB_CB_NORMALIZE_IMAGE

    def find(image: np.ndarray) -> FoundCorners | None:
        whole, places = cv2.findChessboardCorners(image, board.grid, flags=flags)
        if not whole:  # slower, and finds more
            whole, places = cv2.findChessboardCornersSB(image, board.grid, flags=cv2.CALIB_CB_NORMALIZE_IMAGE)
        if not whole:
            return None
        places = np.ascontiguousarray(_upright(places.reshape(rows, columns, 2), image), np.float32).reshape(-1, 1, 2)
        places = cv2.cornerSubPix(image, places, _window(places.reshape(rows, columns, 2)), (-1, -1), (3, 100, 1e-3))
        found = FoundCorners(np.arange(rows * columns), places.reshape(-1, 2).astype(float) + 0.5)
        return found if is_grid(board.grid, found) else None

    return find


def _window(places: np.ndarray) -> tuple[int, int]:
    """Half the sides of the window that refines corners f64[row, column, 2]: it holds no other corner."""
    step = min(np.linalg.norm(np.diff(places, axis=axis), axis=-1).min() for axis in (0, 1))
    half = int(np.clip(WINDOW_PART * step, SMALLEST_WINDOW, LARGEST_WINDOW))
    return half, half


def _upright(places: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Order corners f64[row, column, 2] as on the board: no mirror image, and the square at its top left is black.

    Where turning the board exchanges no colours, any of its ends may come first.
    """
    along, down = places[0, -1] - places[0, 0], places[-1, 0] - places[0, 0]
    if along[0] * down[1] - along[1] * down[0] < 0:
        places = places[::-1]
    rows, columns = places.shape[:2]
    turns = 2 if (rows + columns) % 2 else 1 if rows == columns and rows % 2 else 0  # by 90 degrees
    if not turns or _brightness(image, places, 0) < _brightness(image, places, 1):
        return places
    return np.rot90(places, turns)


def _brightness(image: np.ndarray, places: np.ndarray, parity: int) -> float:
    """Mean brightness of the middles of the inner squares whose column and row add up to an even (0) or odd number."""
    middle = (places[:-1, :-1] + places[1:, :-1] + places[:-1, 1:] + places[1:, 1:]) / 4
    row, column = np.indices(middle.shape[:2])
    x, y = np.rint(middle[(row + column) % 2 == parity]).astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < image.shape[1]) & (y < image.shape[0])
    return float(image[y[inside], x[inside]].mean())
