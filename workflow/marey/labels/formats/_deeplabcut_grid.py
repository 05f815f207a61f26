"""The cells of a DeepLabCut label file, CSV or H5: who set which point where, before anything is made of it."""

from dataclasses import dataclass
from pathlib import Path

from marey.labels.reading import read_lines

HEADER = ("scorer", "individuals", "bodyparts", "coords")
SINGLE_ANIMAL = "animal"  # the individual of a project that names none

Point = tuple[str, str]  # individual, keypoint


@dataclass
class Grid:
    """A label file as it stands. Cells lie in pairs: x and y of `points[0]`, x and y of `points[1]`, ..."""

    points: list[Point]
    scorers: dict[Point, str]
    rows: list[tuple[int, str, list]]  # line or row from 1, path of the image, cells (text or numbers)
    whole: bool = True  # False: the last line is not ended


def read_csv(path: Path) -> Grid:
    """Read a CSV with three or four header lines and one (path) or three (folder, video, image) index columns.

    Raises ValueError, saying what is wrong with the file, where its header does not fit.
    """
    lines, whole = read_lines(path)
    header: dict[str, list[str]] = {}
    while lines and "coords" not in header:
        row, cells = lines.pop(0)
        if cells[0] not in HEADER:
            raise ValueError(f"line {row} starts with '{cells[0]}'; expected DeepLabCut's header {', '.join(HEADER)}")
        header[cells[0]] = cells
    if not {"scorer", "bodyparts", "coords"} <= set(header):
        raise ValueError("the header lines scorer, bodyparts and coords are not all there; export the file again")
    coords = header["coords"]
    start = next((index for index, cell in enumerate(coords) if index and cell), len(coords))
    width = len(coords) - start
    scorers = header["scorer"][start:]
    scorers += scorers[-1:] * (width - len(scorers))  # some writers give the scorer to the first columns only
    individuals = header["individuals"][start:] if "individuals" in header else [SINGLE_ANIMAL] * width
    columns = [scorers, individuals, header["bodyparts"][start:], coords[start:]]
    rows = [(row, "/".join(cells[:start]), cells[start:]) for row, cells in lines]
    return _grid(columns, rows, whole)


def read_h5(path: Path) -> Grid:
    """Read a pandas table in HDF5, fixed or table format; nothing in it is unpickled that could run code.

    Raises ValueError, saying what is wrong with the file, where it is not such a table.
    """
    from marey.labels.formats._hdf import read_table  # brings pandas and PyTables, which parsing the Snakefile must not

    table = read_table(path)
    names = list(table.columns.names)
    if names not in ([*HEADER], [HEADER[0], *HEADER[2:]]):
        raise ValueError(f"the columns have the levels {names}; expected {', '.join(HEADER)}")
    levels = [list(map(str, table.columns.get_level_values(name))) for name in names]
    if len(levels) == 3:
        levels.insert(1, [SINGLE_ANIMAL] * table.shape[1])
    images = ["/".join(map(str, key)) if isinstance(key, tuple) else str(key) for key in table.index]
    return _grid(levels, list(zip(range(1, len(images) + 1), images, table.to_numpy().tolist(), strict=True)), True)


def _grid(columns: list[list[str]], rows: list[tuple[int, str, list]], whole: bool) -> Grid:
    """Make the grid, once its four header lines name x and y of each point, side by side and once."""
    scorers, individuals, keypoints, coords = columns
    named = list(zip(individuals, keypoints, strict=False))
    points = named[::2]
    fits = (
        len({len(names) for names in columns}) == 1
        and coords == ["x", "y"] * len(points)
        and points == named[1::2]
        and len(set(points)) == len(points) > 0
        and all(all(point) for point in points)
    )
    if not fits:
        raise ValueError("the header does not name x and y of each point once, side by side; export the file again")
    return Grid(points, dict(zip(points, scorers[::2], strict=True)), rows, whole)
