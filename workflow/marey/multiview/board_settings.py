"""What is wrong where no board is found: the settings under which it would be, and how they differ."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from marey.multiview import opencv
from marey.multiview.board_detectors import dictionary
from marey.multiview.boards import CHARUCO, CHESSBOARD, Board, marker_squares

# Dictionaries whose smaller ones are their beginning, and others; those of 1,000 markers take four times as long.
FAMILIES = (
    *(f"{bits}X{bits}_250" for bits in (4, 5, 6, 7)),
    *("ARUCO_ORIGINAL", "APRILTAG_16H5", "APRILTAG_25H9", "APRILTAG_36H11", "ARUCO_MIP_36H12"),
)
SIZES = (50, 100, 250)  # markers of dictionaries of one family
MOST_COLUMNS = 25
MIN_FITTING = 4  # markers in the places where a board has them
MIN_FITTING_PART = 0.6  # of those that are seen
NEAR = 0.5  # of a marker's side: how far from its place it may be seen
MARKER_TOLERANCE = 0.1  # of the marker's part of a square: what blur makes of its outline, and a ruler of its print
CONTOUR = 1.0  # px: an outline runs through the middles of the outermost dark pixels
SMALLEST_GRIDS = ((4, 3), (5, 4), (3, 3))  # of inner corners, of which OpenCV finds larger ones; the last not always
MIN_AGREEING = 2  # images that show the same larger chessboard


class _Layout(NamedTuple):
    """How markers lie: of which dictionary, in a mirror image, on a board of so many columns."""

    family: str
    mirrored: bool
    columns: int
    shifted: bool  # the first marker lies in the first square, not in the second
    fitting: int = 0
    highest: int = 0  # number of the last marker that was seen in its place


def explain_missing(board: Board, images: Sequence[np.ndarray]) -> str:
    """Say why a board is found in none of the grey images u8[height, width], and what to change."""
    layout = _best_layout(board, images)
    if layout is None:
        found = filter(None, (_largest_chessboard(images, grid) for grid in SMALLEST_GRIDS))
        grid = next(found, None)
        if grid is not None:
            return _other_chessboard(board, grid)
        return (
            "no board can be seen. It must be whole in the image and flat, with a white margin, in even light, and "
            "not smeared by motion; is it the right video?"
        )
    if board.kind == CHESSBOARD:
        return f"what is seen is a ChArUco board with markers of {_dictionary_name(layout)}; set `type: charuco`"
    changes = list(_changes(board, layout))
    if not changes:
        return (
            "its markers are seen, but too few corners; it must be larger in the image and sharp, and the marker's "
            "size must be true"
        )
    return "; ".join(changes)


def explain_larger(board: Board, images: Sequence[np.ndarray]) -> str:
    """Say what to change where images in which a chessboard was found show a larger one; "" where they do not."""
    grid = _largest_chessboard(images, board.grid)
    return "" if grid is None or grid == tuple(board.grid) else _other_chessboard(board, grid)


def explain_marker_size(board: Board, images: Sequence[np.ndarray]) -> str:
    """Say what to change where the markers in images of a ChArUco board are smaller or larger than it says."""
    cv2, parts = opencv.load(), []
    detector = cv2.aruco.ArucoDetector(dictionary(board.dictionary, len(marker_squares(board.columns, board.rows))))
    squares = marker_squares(board.columns, board.rows, legacy=board.legacy)
    for image in images:
        corners, ids, _ = detector.detectMarkers(image)
        if ids is not None and len(ids) >= MIN_FITTING:
            parts.extend(_marker_parts(squares[ids.ravel()], np.reshape(corners, (-1, 4, 2))))
    part, expected = float(np.median(parts)) if parts else np.nan, board.marker / board.square
    if not parts or abs(part / expected - 1) < MARKER_TOLERANCE:
        return ""
    return (
        f"the side of a marker is {part:.2f} of that of a square in the images, but {expected:.2f} by `marker_size` "
        f"{board.marker:g} and `square_size` {board.square:g}: one of them is wrong, and the unit with it. Measure both"
    )


def _marker_parts(squares: np.ndarray, corners: np.ndarray) -> Iterator[float]:
    """How large markers [marker, 4, 2] px are compared with the distance to others in the next but one column or row.

    Markers that are two squares apart in a line are as far from each other as two squares are long.
    """
    middle = corners.mean(axis=1)
    side = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=-1) + CONTOUR
    places = {tuple(square): index for index, square in enumerate(squares.tolist())}
    for (x, y), one in places.items():
        for other, sides in (((x + 2, y), (0, 2)), ((x, y + 2), (1, 3))):
            if other in places:
                two = places[other]
                lengths = side[[one, one, two, two], [*sides, *sides]].mean()
                yield 2 * lengths / np.linalg.norm(middle[one] - middle[two])


def _best_layout(board: Board, images: Sequence[np.ndarray]) -> _Layout | None:
    """Find how most markers lie as on a board: as the settings say if that explains as many as anything else does."""
    families = {_family(board.dictionary): None, **dict.fromkeys(FAMILIES)} if board.dictionary else FAMILIES
    found = []
    for family in families:
        for mirrored in (False, True):
            seen = list(_markers(family, mirrored, images))
            found.extend(_layouts(board, family, mirrored, seen))
        if found and max(each.fitting for each in found) >= 2 * MIN_FITTING:
            break  # no two families are on one board
    found = [each for each in found if each.fitting >= MIN_FITTING]
    return max(found, key=lambda each: each.fitting, default=None)


def _markers(family: str, mirrored: bool, images: Sequence[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the markers of each image: their numbers [n] and their corners [n, 4, 2] px."""
    detector = opencv.load().aruco.ArucoDetector(dictionary(family))
    for image in images:
        corners, ids, _ = detector.detectMarkers(np.ascontiguousarray(image[:, ::-1]) if mirrored else image)
        if ids is not None and len(ids) >= MIN_FITTING:
            yield ids.ravel(), np.reshape(corners, (-1, 4, 2))


def _layouts(board: Board, family: str, mirrored: bool, seen: Sequence[tuple]) -> Iterator[_Layout]:
    """Yield how well the markers that are seen lie as on boards of any number of columns; the board's own first."""
    own = (board.columns, board.legacy and board.rows % 2 == 0)
    others = [(columns, shifted) for columns in range(3, MOST_COLUMNS) for shifted in (False, True)]
    for columns, shifted in dict.fromkeys([own, *others]) if seen else ():
        layout = _Layout(family, mirrored, columns, shifted)
        for ids, corners in seen:
            fitting = _fitting(layout, ids, corners)
            if fitting.sum() >= MIN_FITTING_PART * len(ids):
                layout = layout._replace(
                    fitting=layout.fitting + int(fitting.sum()),
                    highest=max(layout.highest, int(ids[fitting].max())),
                )
        yield layout


def _fitting(layout: _Layout, ids: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Tell which markers lie where the board has them, seen in perspective."""
    rows = 2 * (int(ids.max()) // layout.columns + 1)
    squares = marker_squares(layout.columns, rows, legacy=layout.shifted)[ids]
    places, middle = squares.astype(np.float32), corners.mean(axis=1).astype(np.float32)
    if len(np.unique(places[:, 0])) < 2 or len(np.unique(places[:, 1])) < 2:
        return np.zeros(len(ids), bool)
    side = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=-1).mean()
    cv2 = opencv.load()
    plane, _ = cv2.findHomography(places, middle, cv2.RANSAC, NEAR * float(side))
    if plane is None:
        return np.zeros(len(ids), bool)
    apart = cv2.perspectiveTransform(places[:, None], plane)[:, 0] - middle
    # A line of markers fits any board; and the way round of each marker must be that of the board.
    outline = cv2.perspectiveTransform(places[:, None] + np.float32([[[0.3, 0]]]), plane)[:, 0] - middle
    turned = np.einsum("ij,ij->i", outline, corners[:, 1] - corners[:, 0]) > 0
    return (np.linalg.norm(apart, axis=-1) < NEAR * side) & turned


def _changes(board: Board, layout: _Layout) -> Iterator[str]:
    """Yield how the settings differ from what is seen."""
    if layout.mirrored:
        yield "the video is a mirror image: its markers are found with left and right exchanged. Film it unmirrored"
    if layout.family != _family(board.dictionary):
        yield f"the markers are of another dictionary: set `dictionary: {_dictionary_name(layout)}`"
    own = (board.columns, board.legacy and board.rows % 2 == 0)
    if (layout.columns, layout.shifted) == own:
        return
    if layout.columns == board.columns:
        yield (
            f"the markers lie in the other squares: set `legacy: {str(not board.legacy).lower()}` (OpenCV before 4.6 "
            "printed boards with an even number of rows so)"
        )
        return
    if layout.columns == board.rows:
        yield f"columns and rows are exchanged: set `squares: [{board.rows}, {board.columns}]`"
    else:
        rows = -(-2 * (layout.highest + 1) // layout.columns)
        yield f"the markers lie as on a board of {layout.columns} columns and at least {rows} rows: set `squares`"
    if layout.shifted:
        yield "and in the squares where OpenCV before 4.6 printed them: set `legacy: true`"


def _family(name: str) -> str:
    """Name the dictionary that stands for the family of one."""
    name = name.removeprefix("DICT_").upper()
    return f"{name.split('_')[0]}_250" if name[0].isdigit() else name


def _dictionary_name(layout: _Layout) -> str:
    """Name the smallest dictionary that has the markers that are seen."""
    if not layout.family[0].isdigit():
        return layout.family
    size = next(size for size in SIZES if layout.highest < size)
    return layout.family.replace("250", str(size))


def _largest_chessboard(images: Sequence[np.ndarray], grid: tuple[int, int]) -> tuple[int, int] | None:
    """Find the inner corners (columns, rows) of the largest chessboard, of `grid` or more, that two images show."""
    cv2, seen = opencv.load(), {}
    for image in images:
        flags = cv2.CALIB_CB_NORMALIZE_IMAGE | cv2.CALIB_CB_LARGER | cv2.CALIB_CB_EXHAUSTIVE
        whole, _, meta = cv2.findChessboardCornersSBWithMeta(image, grid, flags)
        if whole:
            size = tuple(sorted(meta.shape[:2], reverse=True))
            seen[size] = seen.get(size, 0) + 1
    size = max(seen, key=lambda size: (seen[size], size), default=None)
    if size is None or seen[size] < min(MIN_AGREEING, len(images)):
        return None
    return size if grid[0] >= grid[1] else size[::-1]


def _other_chessboard(board: Board, grid: tuple[int, int]) -> str:
    """Say that a chessboard of so many inner corners is seen instead of `board`."""
    columns, rows = grid[0] + 1, grid[1] + 1
    what = f"a chessboard of {columns} x {rows} squares ({grid[0]} x {grid[1]} inner corners)"
    if board.kind == CHARUCO:
        return f"what is seen is {what} without markers: set `type: chessboard` and `squares: [{columns}, {rows}]`"
    inner = sorted(grid) == sorted((board.columns, board.rows))
    counted = "; squares are counted, not inner corners" if inner else ""
    return f"what is seen is {what}, not of {board.columns} x {board.rows}{counted}: set `squares: [{columns}, {rows}]`"
