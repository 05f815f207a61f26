"""The cells of a DeepLabCut label file, CSV or H5: who set which point where, before anything is made of it.

Columns count by their names alone: in any order, with a likelihood beside, by several scorers, some of them empty.
"""

import math
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from marey.labels.formats._hdf import read_apart
from marey.labels.names import clean_name, name_fault, quoted
from marey.labels.reading import parse_number
from marey.tables.text import read_lines

HEADER = ("scorer", "individuals", "bodyparts", "coords")
SINGLE_ANIMAL = "animal"  # the individual of a project that names none
POSITION = ("x", "y")
IGNORED = ("likelihood",)  # of a network: what a person set has none

Point = tuple[str, str]  # individual, keypoint


@dataclass
class Grid:
    """A label file as it stands. `columns` are the places of the cells of x and of y of each point."""

    columns: dict[Point, tuple[int, int]]
    unnamed: list[int]  # places of columns that no header names
    width: int
    scorers: dict[Point, str]
    left_out: list[str]  # scorers whose columns were not taken
    rows: list[tuple[int, str, list, str]]  # line or row from 1, path of the image, cells (text or numbers), fault
    whole: bool = True  # False: the last line is not ended


def read_csv(path: Path, scorer: str | None) -> Grid:
    """Read a CSV with three or four header lines and one (path) or three (folder, video, image) index columns.

    Where several scorers set the same points, those of `scorer` are taken. Raises ValueError, saying what is wrong with
    the file, where its header does not fit.
    """
    lines, whole = read_lines(path)
    header: dict[str, list[str]] = {}
    for line in lines:
        if line.fault:
            raise ValueError(f"line {line.number}: {line.fault}")
        if line.cells[0] not in HEADER:
            expected = f"expected DeepLabCut's header {', '.join(HEADER)}"
            raise ValueError(f"line {line.number} starts with '{line.cells[0]}'; {expected}")
        header[line.cells[0]] = line.cells
        if "coords" in header:
            break
    if not {"scorer", "bodyparts", "coords"} <= set(header):
        raise ValueError("the header lines scorer, bodyparts and coords are not all there; export the file again")
    coords = header["coords"]
    start = next((index for index, cell in enumerate(coords) if index and cell), len(coords))
    width = max(len(header[name]) for name in ("bodyparts", "coords")) - start
    scorers = header["scorer"][start:]
    scorers += scorers[-1:] * (width - len(scorers))  # some writers give the scorer to the first columns only
    individuals = header["individuals"][start:] if "individuals" in header else [SINGLE_ANIMAL] * width
    levels = [scorers, individuals, header["bodyparts"][start:], coords[start:]]
    rows = [(line.number, "/".join(line.cells[:start]), line.cells[start:], line.fault) for line in lines]
    return _grid(levels, rows, whole, scorer)


def read_h5(path: Path, scorer: str | None) -> Grid:
    """Read a pandas table in HDF5, fixed or table format; nothing in it is unpickled that could run code.

    Scorers and errors as of `read_csv`.
    """
    table = read_apart(path)
    names, levels = table["names"], table["levels"]
    if names not in ([*HEADER], [HEADER[0], *HEADER[2:]]):
        raise ValueError(f"the columns have the levels {names}; expected {', '.join(HEADER)}")
    if len(levels) == 3:
        levels.insert(1, [SINGLE_ANIMAL] * len(levels[0]))
    rows = [
        (number, image, cells, "")
        for number, (image, cells) in enumerate(zip(table["index"], table["values"], strict=True), start=1)
    ]
    return _grid(levels, rows, True, scorer)


def _grid(levels: list[list[str]], rows: list[tuple], whole: bool, scorer: str | None) -> Grid:
    """Find the columns of each point by the four lines of the header."""
    places: dict[tuple[str, Point, str], int] = {}
    unnamed, faults = [], []
    columns = [tuple(map(clean_name, names)) for names in zip_longest(*levels, fillvalue="")]
    for place, (by, individual, keypoint, coordinate) in enumerate(columns):
        name = by, (individual, keypoint), coordinate
        if not keypoint and not coordinate:
            unnamed.append(place)
        elif coordinate in IGNORED:
            continue
        elif not (individual and keypoint and coordinate):
            faults.append(f"column {place + 1} of the points has not all of its names")
        elif coordinate not in POSITION:
            faults.append(f"column {place + 1} of the points is '{coordinate}' of '{keypoint}', not x or y")
        elif wrong := [fault for fault in map(name_fault, (keypoint, individual, by or "nobody")) if fault]:
            faults.append(f"column {place + 1} of the points: {wrong[0]}")
        elif name in places:
            faults.append(f"{coordinate} of '{individual}/{keypoint}' is there twice")
        else:
            places[name] = place
    both = dict.fromkeys((by, point) for by, point, _ in places)
    for by, point in both:
        if not {(by, point, coordinate) for coordinate in POSITION} <= set(places):
            faults.append(f"'{'/'.join(point)}' has not both x and y")
    if faults or not both:
        raise ValueError(f"the header: {'; '.join(faults[:3]) or 'names no point'}; export the file again")
    chosen = _chosen(list(both), scorer)
    return Grid(
        columns={point: (places[by, point, "x"], places[by, point, "y"]) for point, by in chosen.items()},
        unnamed=unnamed,
        width=len(columns),
        scorers=chosen,
        left_out=sorted({by for by, point in both if chosen.get(point) != by}),
        rows=rows,
        whole=whole,
    )


def _chosen(both: list[tuple[str, Point]], scorer: str | None) -> dict[Point, str]:
    """Choose whose columns of each point count: the project's scorer's, or those of the only one who has it."""
    by: dict[Point, list[str]] = {}
    for name, point in both:
        by.setdefault(point, []).append(name)
    chosen = {point: scorer if scorer in names else names[0] for point, names in by.items()}
    open_ones = [names for point, names in by.items() if len(names) > 1 and chosen[point] != scorer]
    if open_ones:
        raise ValueError(
            f"the header: {quoted(open_ones[0])} have set the same points, and the scorer of config.yaml is "
            f"{scorer!r}; keep the columns of one"
        )
    return chosen


def misfit(cells: list, grid: Grid, *, last: bool) -> str:
    """Say why the cells of a row are not those of the header; `last`: of a line that is not ended."""
    count, width = len(cells), grid.width
    cut = any((x < count) != (y < count) for x, y in grid.columns.values())
    if any(cells[width:]) or (any(cells) and (cut or (last and count < width))):
        return f"{count} cells follow the image, expected {width}; complete the line or delete it"
    surplus = [cells[place] for place in grid.unnamed if place < count and not _is_empty(cells[place])]
    return f"'{surplus[0]}' is in a column that the header does not name; name it or delete it" if surplus else ""


def _is_empty(cell: object) -> bool:
    return cell == "" or cell != cell  # NaN, of an H5


def points_of(columns: dict[Point, tuple[int, int]], cells: list) -> tuple[dict[Point, tuple], dict[Point, str]]:
    """Read the points of a row, (NaN, NaN) where there is none; return them, and what is wrong with the others."""
    points, wrong = {}, {}
    for point, places in columns.items():
        pair = [cells[place] if place < len(cells) else "" for place in places]
        try:
            x, y = map(parse_number, pair)
            if math.isnan(x) != math.isnan(y):
                raise ValueError
        except ValueError:
            fix = "expected two numbers or two empty cells"
            wrong[point] = f"{'/'.join(point)} is at ({pair[0]!r}, {pair[1]!r}); {fix}"
        else:
            points[point] = (x, y)
    return points, wrong
