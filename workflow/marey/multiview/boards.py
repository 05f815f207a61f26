"""Calibration boards: chessboards, and ChArUco boards, which have a marker in each of their white squares.

The axes of a board lie in it: x to the right and y down, from the outer corner of the square at its top left, so that z
points away from who looks at it. Its inner corners count row by row.
"""

from typing import NamedTuple

import numpy as np

CHARUCO, CHESSBOARD = "charuco", "chessboard"
MIN_SQUARES = 3  # along each side


class BoardError(ValueError):
    """A board that cannot be, or that is not what the videos show; the message says what to change."""


class Board(NamedTuple):
    """A board: its kind, how many squares it has, and how large these are."""

    kind: str  # charuco | chessboard
    columns: int  # squares along x
    rows: int  # squares along y
    square: float  # side of a square, unit of the calibration
    marker: float = 0.0  # side of a marker, the same unit
    dictionary: str = ""  # of the markers, as OpenCV calls it without DICT_
    legacy: bool = False  # as OpenCV printed them before 4.6

    @property
    def grid(self) -> tuple[int, int]:
        """Return how many inner corners it has, (columns, rows)."""
        return self.columns - 1, self.rows - 1

    @property
    def corners(self) -> np.ndarray:
        """Return the places of its inner corners f64[corner, 3]."""
        y, x = np.mgrid[1 : self.rows, 1 : self.columns].reshape(2, -1) * float(self.square)
        return np.stack([x, y, np.zeros_like(x)], axis=-1)

    @property
    def alike(self) -> list[np.ndarray]:
        """Return the orders of the corners, i64[corner] each, in which the board looks the same; the first is its own.

        A chessboard that is turned by 180 degrees looks the same where its last square has the colour of its first, and
        one with as many rows as columns by 90 degrees, too. Markers tell.
        """
        own = np.arange(np.prod(self.grid)).reshape(self.grid[::-1])
        if self.kind == CHARUCO:
            return [own.ravel()]
        square = self.columns == self.rows
        turns = [np.rot90(own, turn) for turn in ((0, 1, 2, 3) if square else (0, 2))]
        steps = [0, self.columns - 1, self.columns + self.rows - 2, self.rows - 1] if square else [0, sum(self.grid)]
        return [turned.ravel() for turned, step in zip(turns, steps, strict=True) if step % 2 == 0]


def read_board(config: dict) -> Board:
    """Take a board from a config: `type`, `squares` (columns, rows), `square_size`, and for ChArUco `marker_size`,
    `dictionary` and `legacy`.

    Raises BoardError where there can be no such board.
    """
    columns, rows = config["squares"]
    board = Board(config["type"], int(columns), int(rows), float(config["square_size"]))
    if min(columns, rows) < MIN_SQUARES:
        raise BoardError(f"a board of {columns} x {rows} squares is too small; expected {MIN_SQUARES} x {MIN_SQUARES}")
    if board.kind == CHESSBOARD:
        return board
    board = board._replace(
        marker=float(config["marker_size"]), dictionary=config["dictionary"], legacy=config.get("legacy", False)
    )
    if not 0 < board.marker < board.square:
        raise BoardError(
            f"the markers of a board lie within its squares, but `marker_size` is {board.marker:g} and `square_size` "
            f"{board.square:g}; were they exchanged?"
        )
    return board


def marker_squares(columns: int, rows: int, *, legacy: bool = False) -> np.ndarray:
    """Return in which square each marker of a ChArUco board lies, i64[marker, 2], (column, row)."""
    y, x = np.mgrid[:rows, :columns]
    white = (x + y) % 2 == (0 if legacy and rows % 2 == 0 else 1)
    return np.stack([x[white], y[white]], axis=-1)
