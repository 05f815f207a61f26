"""The numbers of a DeepLabCut prediction table, CSV or HDF5, before anything is made of them."""

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from marey.labels.names import clean_name

if TYPE_CHECKING:
    import numpy as np

HEADER = ("scorer", "individuals", "bodyparts", "coords")
MAX_LINE = 2**22  # bytes of a line of the header: 10,000 columns with names of 400 letters
MAX_FRAME = 2**53  # exclusive: of whole numbers that a float holds


class PredictionTable(NamedTuple):
    """A table: its header by the names of the lines, a row a frame."""

    header: dict[str, list[str]]  # as HEADER, without `individuals` for a single animal; an entry for each column
    frames: "np.ndarray"  # int64[row]
    values: "np.ndarray"  # f[row, column]


def first_rows(path: Path) -> tuple[list[list[str]], str]:
    """Read the cells of the first lines of a CSV, and what parts them."""
    with path.open("rb") as file:
        lines = [file.readline(MAX_LINE).decode("utf-8-sig", errors="replace") for _ in range(len(HEADER) + 1)]
    cut = next((sign for sign in "\t;" if sign in lines[0]), ",")
    try:
        rows = list(csv.reader([line for line in lines if "\0" not in line], delimiter=cut))
    except csv.Error:
        rows = []
    return [[clean_name(cell) for cell in row] for row in rows if row], cut


def read_header(path: Path) -> tuple[dict[str, list[str]], str]:
    """Read the lines of a CSV's header by their names, and what parts cells.

    Raises ValueError where the first lines are not those of DeepLabCut.
    """
    rows, cut = first_rows(path)
    header = {}
    for row in rows:
        if row[0] not in HEADER:
            break
        header[row[0]] = row[1:]
    if not {"scorer", "bodyparts", "coords"} <= set(header):
        raise ValueError(f"the first lines are not {', '.join(HEADER)} (individuals of several animals alone)")
    if len({len(names) for names in header.values()}) > 1:
        raise ValueError("the lines of the header have not the same number of cells; export it again")
    return header, cut


def read_csv(path: Path) -> PredictionTable:
    """Read a CSV, a chunk at a time; ValueError names the line that is wrong."""
    import numpy as np
    import pandas as pd

    header, cut = read_header(path)
    width = len(header[HEADER[-1]]) + 1
    _check_lines(path, cut.encode(), len(header), width)
    chunks = []
    try:
        for chunk in pd.read_csv(
            path, sep=cut, skiprows=len(header), header=None, dtype=np.float64, chunksize=100_000, encoding="utf-8-sig"
        ):
            chunks.append(chunk.to_numpy(np.float64))
    except pd.errors.EmptyDataError:
        raise ValueError("has no row below its header; export it again") from None
    except ValueError:
        raise ValueError(_bad_cell(path, cut, len(header))) from None
    values = np.concatenate(chunks)
    return PredictionTable(header, whole_frames(values[:, 0], len(header)), values[:, 1:])


def _check_lines(path: Path, cut: bytes, first: int, width: int) -> None:
    """Check that each line has as many cells as the header: a cut one would be filled up with nothing."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            cells = line.count(cut) + 1
            if number > first and cells != width and line.strip():
                raise ValueError(f"line {number} has {cells} cells, expected {width}; export it again")


def _bad_cell(path: Path, cut: str, first: int) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            for place, cell in enumerate(line.strip().split(cut), start=1):
                if number > first and not re.fullmatch(r"\s*([-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|nan|NaN|)\s*", cell):
                    return f"line {number}, column {place}: '{cell[:40]}' is no number; fix it, or export it again"
    return "holds something that is no number; export it again"


def whole_frames(values: "np.ndarray", first: int = 0) -> "np.ndarray":
    """Turn the index of a table into numbers of frames; ValueError names the row where it is not one."""
    import numpy as np
    import pandas as pd

    with np.errstate(invalid="ignore"):
        wrong = ~((values >= 0) & (values < MAX_FRAME) & (values == np.floor(values)))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"row {first + row + 1}: the frame is '{values[row]:g}'; expected a whole number from 0")
    frames = values.astype(np.int64)
    twice = pd.Index(frames).duplicated()
    if twice.any():
        row = int(np.argmax(twice))
        raise ValueError(f"row {first + row + 1}: frame {frames[row]} is there twice; delete one of the two")
    return frames


def read_h5(path: Path) -> PredictionTable:
    """Read the pandas table of an HDF5 file, whatever its key, in this process, which damage can kill."""
    import numpy as np

    from marey.labels.formats._hdf import read_table

    table = read_table(path)
    names = [str(name) for name in table.columns.names]
    if names not in ([*HEADER], [HEADER[0], *HEADER[2:]]):
        raise ValueError(f"the columns have the levels {', '.join(names)}; expected {', '.join(HEADER)}")
    if table.index.nlevels > 1 or table.index.dtype.kind not in "iuf":
        raise ValueError(
            f"the rows are named, as '{table.index[0] if len(table) else ''}', not numbered by frame: a table of "
            "labels; name the folder with `labeled-data`"
        )
    header = {name: [clean_name(str(value)) for value in table.columns.get_level_values(name)] for name in names}
    try:
        values = table.to_numpy(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"not a table of numbers ({error}); export it again") from None
    return PredictionTable(header, whole_frames(table.index.to_numpy(np.float64)), values)
