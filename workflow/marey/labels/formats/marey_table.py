"""Marey's own label tables, CSV or Parquet: one row per point, already in Marey's pixels (corner at (0, 0)).

Columns: video, frame, individual, keypoint, x, y; and optionally visibility (visible | occluded | absent | unlabelled;
empty: visible where x and y are given, else unlabelled), annotator (empty: nobody named), image (relative to the data
folder; empty: the video's frame, so the video must be in the sheet) and set_at (ISO 8601, UTC where it does not say;
empty: not known). source and row, which Marey's own output has, are read anew.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from marey.labels.heads import header_cells, read_head
from marey.labels.names import clean_name, name_fault
from marey.labels.reading import Contents, Description, Fault, LabelError, Source, parse_number, pixel_offset
from marey.labels.summaries import summarise
from marey.tables.text import Line, check_columns, read_lines
from marey.videos.names import video_id

EXPECTED = "a Marey label table (`.csv`, `.tsv` or `.parquet`)"
PIXELS = "corner"
LIMITS = "Says all that Marey knows of labels, but not their skeleton."
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
REQUIRED = ("video", "frame", "individual", "keypoint", "x", "y")
OPTIONAL = ("visibility", "annotator", "image", "set_at", "source", "row")
POSITIONED = ("visible", "occluded")
UNPOSITIONED = ("absent", "unlabelled")


def recognises(path: Path) -> bool:
    """Return whether `path` is a text table, most of whose required columns are there, or a Parquet file."""
    if not path.is_file():
        return False
    if path.suffix.lower() == ".parquet":
        return read_head(path).startswith(b"PAR1")
    named = set(REQUIRED) & set(header_cells(read_head(path)))
    return path.suffix.lower() in TEXT_SUFFIXES and len(named) > len(REQUIRED) // 2


def inputs(path: Path) -> list[Path]:
    """Return the table itself."""
    return [path]


def describe(source: Source) -> Description:
    """Return whether a frame shows several animals, and the videos; a table does not say what keypoints there are.

    Raises LabelError where the columns are not those of a label table.
    """
    return Description(**summarise(source.path, _summary))


def _summary(path: Path) -> dict:
    """Find out whether a frame shows `several` animals, and the ids of `videos` that rows without an image name."""
    shown: dict[tuple, object] = {}
    several, found = False, set()
    try:
        names, lines = _lines(path, ("video", "frame", "individual", "image"))
        video, frame, individual, image = (
            names.index(name) if name in names else None for name in ("video", "frame", "individual", "image")
        )
        for line in lines:
            cells = line.cells
            if len(cells) >= len(names):
                animal = cells[individual]
                several = several or shown.setdefault((cells[video], cells[frame]), animal) != animal
                if image is None or not cells[image]:
                    found.add(cells[video])
    except _ColumnError as error:
        raise LabelError(f"labels.sources: {path}: {error}") from None
    except ValueError:
        pass  # damaged: `read` says how
    return {"several": several, "videos": sorted({video_id(str(name)) for name in found} - {""})}


def read(source: Source) -> Contents:
    """Read the points; a faulty row is not among them."""
    from marey.labels.points import as_labels

    name, offset = source.name, pixel_offset(source, PIXELS)
    rows, faults = [], []
    try:
        for row, cells in _cells(source.path):
            try:
                rows.append((*_point(cells, offset), name, row, _set_at(cells)))
            except _RowError as error:
                reason, detail = error.args
                faults.append(Fault(name, row, reason, detail))
    except ValueError as error:
        return Contents(as_labels(), [Fault(name, 0, "bad_file", str(error))])
    return Contents(as_labels(rows), faults)


class _RowError(Exception):
    """Reason and detail of a fault in one row."""


class _ColumnError(ValueError):
    """The columns are not those of a label table."""


def _cells(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield row number and cells by column name, or the `fault` of a row.

    Raises ValueError where the file or its columns are not as they should be.
    """
    names, lines = _lines(path)
    needed = max(names.index(name) for name in REQUIRED)
    for line in lines:
        fault, count = line.fault, len(line.cells)
        if not fault and (count <= needed or any(line.cells[len(names) :])):
            fault = f"{count} cells, not one for each column; complete the line or delete it"
        cells = dict.fromkeys(names, "") | dict(zip(names, line.cells, strict=False))
        if not fault and cells.get(""):
            fault = f"'{cells['']}' is in a column that the header does not name; name it or delete it"
        yield line.number, {"fault": fault} if fault else cells


def _lines(path: Path, wanted: tuple[str, ...] | None = None) -> tuple[list[str], Iterator[Line]]:
    """Read names of columns and rows; `wanted`: the only columns that are asked for, where others cost time."""
    if path.suffix.lower() == ".parquet":
        return _parquet(path, wanted)
    lines, whole = read_lines(path)
    names = next(lines, Line(1, [])).cells
    _check(names)
    return names, lines if whole else _unended(lines, len(names))


def _unended(lines: Iterator[Line], width: int) -> Iterator[Line]:
    """Find fault with the last line, which is not ended, where cells are missing: so half-copied files look."""
    last = next(lines, None)
    for line in lines:
        yield last
        last = line
    if last is not None:
        fault = f"{len(last.cells)} cells, not one for each column; complete the line or delete it"
        yield last if last.fault or len(last.cells) >= width else last._replace(fault=fault)


def _check(names: list[str]) -> None:
    try:
        check_columns(names)
    except ValueError as error:
        raise _ColumnError(str(error)) from None
    missing = [name for name in REQUIRED if name not in names]
    surplus = [name for name in names if name and name not in REQUIRED + OPTIONAL]
    if missing or surplus:
        raise _ColumnError(
            f"columns {', '.join(names)}: missing {missing}, unknown {surplus}; expected "
            f"{', '.join(REQUIRED)} and optionally {', '.join(OPTIONAL[:4])}, each once"
        )


def _parquet(path: Path, wanted: tuple[str, ...] | None) -> tuple[list[str], Iterator[Line]]:
    import pyarrow as pa  # not while the Snakefile is parsed, unless a source is such a file
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        every = file.schema_arrow.names
        _check(every)
        names = [name for name in every if wanted is None or name in wanted]
        batches = list(file.iter_batches(columns=names))
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"not a whole Parquet file ({type(error).__name__}); write it again") from None
    rows = (row for batch in batches for row in zip(*(column.to_pylist() for column in batch.columns), strict=True))
    return names, (Line(number, row) for number, row in enumerate(rows, start=1))


def _set_at(cells: dict[str, object]) -> datetime | None:
    said = cells.get("set_at")
    try:
        when = said if isinstance(said, datetime) else datetime.fromisoformat(str(said or "").strip()) if said else None
    except ValueError:
        raise _RowError("bad_row", f"set_at '{said}'; expected a date and time as in 2026-05-30T14:05:00Z") from None
    return when and (when if when.tzinfo else when.replace(tzinfo=UTC))


def _point(cells: dict[str, object], offset: float) -> tuple:
    """Read (video, frame, individual, keypoint, x, y, visibility, annotator, image) from a row."""
    if "fault" in cells:
        raise _RowError("bad_row", cells["fault"])
    text = {name: "" if value is None else clean_name(str(value)) for name, value in cells.items()}
    text["video"] = video_id(text["video"])
    for name in ("video", "individual", "keypoint"):
        if not text[name]:
            raise _RowError("bad_row", f"{name} is empty; fill it in")
    for name in ("individual", "keypoint", "annotator"):
        if text.get(name) and name_fault(text[name]):
            raise _RowError("bad_row", f"{name}: {name_fault(text[name])}")
    try:
        x, y, frame = (parse_number(text[name]) for name in ("x", "y", "frame"))
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
    return video, int(frame), individual, keypoint, x + offset, y + offset, visibility, text.get("annotator", ""), image
