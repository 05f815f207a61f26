"""The look of a frame in a few numbers: enough to find a frame that is unlike the others of its video by it."""

import numpy as np

SIZE = 128, 96  # px, (width, height) of the grey image that looks are made of, whatever the form of the video
GRID = 6, 8  # rows and columns of cells
LENGTH = 2 * GRID[0] * GRID[1]
_SCALE = 4  # of the differences of neighbours, which are smaller than grey values


def look(image: np.ndarray) -> np.ndarray:
    """Summarise a grey image u8[96, 128]: the light of each cell, then how finely structured each is, u8[96].

    Light is the mean grey value. Structure is four times the mean absolute difference of neighbours, which blur takes
    away where it leaves the light as it is.
    """
    wide = image.astype(np.int16)
    across, down = np.abs(np.diff(wide, axis=1)), np.abs(np.diff(wide, axis=0))
    across, down = np.pad(across, ((0, 0), (0, 1)), "edge"), np.pad(down, ((0, 1), (0, 0)), "edge")
    return np.concatenate([_cells(wide), np.minimum(_SCALE * _cells(across + down), 255)]).astype(np.uint8)


def _cells(values: np.ndarray) -> np.ndarray:
    rows, columns = GRID
    return values.reshape(rows, SIZE[1] // rows, columns, SIZE[0] // columns).mean(axis=(1, 3)).ravel()
