"""Marey's own label tables, CSV or Parquet: one row per point, already in Marey's pixels (corner at (0, 0)).

Columns: video, frame, individual, keypoint, x, y; and optionally visibility (visible | occluded | absent | unlabelled;
empty: visible where x and y are given, else unlabelled), annotator (empty: nobody named) and image (relative to the
data folder; empty: the video's frame, so the video must be in the sheet). source and row, which Marey's own output
has, are read anew.
"""

import math
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from marey.labels.reading import Fault, parse_number, read_lines, relative

EXPECTED = "a Marey label table (`.csv` or `.parquet`)"
REQUIRED = ("video", "frame", "individual", "keypoint", "x", "y")
OPTIONAL = ("visibility", "annotator", "image", "source", "row")
POSITIONED = ("visible", "occluded")
UNPOSITIONED = ("absent", "unlabelled")


def recognises(path: Path) -> bool:
    """Return whether `path` is a CSV or Parquet file."""
    return path.suffix in (".csv", ".parquet") and path.is_file()


def inputs(path: Path) -> list[Path]:
    """Return the table itself."""
    return [path]


def describe(path: Path) -> dict:
    """Return whether a frame shows several animals; a table does not say what its keypoints are, or their order."""
    return {"keypoints": None, "skeleton": None, "individuals": None, "unique": [], "several": _several(path)}


def _several(path: Path) -> bool:
    shown: dict[tuple, object] = {}
    try:
        for _, cells in _cells(path):
            individual = cells.get("individual")
            if shown.setdefault((cells.get("video"), cells.get("frame")), individual) != individual:
                return True
    except ValueError:
        pass  # `read` says what is wrong
    return False


def videos(path: Path) -> set[str]:
    """Return the ids in the column `video` of rows without an image."""
    try:
        return {str(cells.get("video")) for _, cells in _cells(path) if not cells.get("image")}
    except ValueError:
        return set()


def read(path: Path, data: Path) -> tuple[list[tuple], list[Fault]]:
    """Read the points as rows of the table `labels`, and the faults; a faulty row is not among the points."""
    source = relative(path, data)
    rows, faults = [], []
    try:
        for row, cells in _cells(path):
            try:
                rows.append((*_point(cells), source, row))
            except _RowError as error:
                reason, detail = error.args
                faults.append(Fault(source, row, reason, detail))
    except ValueError as error:
        return [], [Fault(source, 0, "bad_file", str(error))]
    return rows, faults


class _RowError(Exception):
    """Reason and detail of a fault in one row."""


def _cells(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield row number and cells by column name; ValueError where the file or its columns are not as they should be."""
    if path.suffix == ".parquet":
        names, lines = _parquet(path)
    else:
        lines, _ = read_lines(path)
        names = lines.pop(0)[1] if lines else []
    missing = [name for name in REQUIRED if name not in names]
    surplus = [name for name in names if name not in REQUIRED + OPTIONAL]
    if missing or surplus or len(set(names)) < len(names):
        raise ValueError(
            f"columns {', '.join(names) or 'none'}: missing {missing}, unknown {surplus}; expected "
            f"{', '.join(REQUIRED)} and optionally {', '.join(OPTIONAL[:3])}, each once"
        )
    for row, cells in lines:
        yield row, dict(zip(names, cells, strict=False)) if len(cells) == len(names) else {"cells": len(cells)}


def _parquet(path: Path) -> tuple[list[str], list[tuple[int, tuple]]]:
    import pyarrow as pa  # not while the Snakefile is parsed
    import pyarrow.parquet as pq

    try:
        content = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"not a whole Parquet file ({type(error).__name__}); write it again") from None
    columns = [column.to_pylist() for column in content.columns]
    return content.column_names, list(enumerate(zip(*columns, strict=True), start=1))


def _point(cells: dict[str, object]) -> tuple:
    """Read (video, frame, individual, keypoint, x, y, visibility, annotator, image) from a row."""
    if "cells" in cells:
        raise _RowError("bad_row", f"{cells['cells']} cells, not one for each column; complete the line or delete it")
    text = {name: "" if value is None else str(value).strip() for name, value in cells.items()}
    for name in ("video", "individual", "keypoint"):
        if not text[name]:
            raise _RowError("bad_row", f"{name} is empty; fill it in")
    try:
        x, y, frame = parse_number(cells["x"]), parse_number(cells["y"]), float(text["frame"])
        if math.isnan(x) != math.isnan(y) or not frame.is_integer() or not 0 <= frame < 2**53:
            raise ValueError
    except ValueError:
        found = ", ".join(f"{name} '{text[name]}'" for name in ("frame", "x", "y"))
        raise _RowError(
            "bad_number", f"{found}; expected a whole frame from 0, and two numbers or two empty cells"
        ) from None
    visibility = text.get("visibility") or (UNPOSITIONED[1] if math.isnan(x) else POSITIONED[0])
    if visibility not in (UNPOSITIONED if math.isnan(x) else POSITIONED):
        expected = f"{' or '.join(POSITIONED)} with x and y, {' or '.join(UNPOSITIONED)} without"
        raise _RowError("bad_row", f"visibility '{visibility}' at ({text['x']}, {text['y']}); expected {expected}")
    image = text.get("image", "").replace("\\", "/")
    if PurePosixPath(image).is_absolute() or image[1:2] == ":":
        raise _RowError("bad_row", f"image '{image}' is an absolute path; give it relative to the data folder")
    video, individual, keypoint = (text[name] for name in ("video", "individual", "keypoint"))
    return video, int(frame), individual, keypoint, x, y, visibility, text.get("annotator", ""), image
