"""What label formats share: faults, and reading lines of text and numbers. Standard library only (parse time)."""

import csv
import io
import math
import os
from pathlib import Path
from typing import NamedTuple

MAX_LINES = 20  # lines of one error message; the rest is counted


class LabelError(ValueError):
    """Labels that cannot be used as they are; the message names files, rows and fixes."""


class Fault(NamedTuple):
    """One fault of a label file: a row of the table `dropped`. Row 0 is the file as a whole."""

    source: str
    row: int
    reason: str
    detail: str


def relative(path: Path, data: Path) -> str:
    """Return `path` relative to the data folder, with forward slashes, as tables hold it."""
    return Path(os.path.relpath(path, data)).as_posix()


def read_lines(path: Path) -> tuple[list[tuple[int, list[str]]], bool]:
    """Read the lines of a comma-separated text file that hold anything: (line number from 1, stripped cells).

    The second value is False where the last line is not ended, which is how a half-copied file looks. A byte-order mark
    is skipped. Raises ValueError where the file is not text in UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""))
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"not comma-separated text in UTF-8 ({error}); save it as such") from None
    return [(number, cells) for number, cells in lines if any(cells)], text.endswith("\n")


def parse_number(value: object) -> float:
    """Read a finite float, or NaN where nothing is written; ValueError for anything else."""
    text = "" if value is None else str(value).strip()
    if text.lower() in ("", "nan", "<na>"):
        return math.nan
    result = float(text)
    if math.isinf(result) or "_" in text:  # Python reads 1_000 as a number; a label file means something else by it
        raise ValueError(text)
    return result


def describe_faults(faults: list[Fault]) -> str:
    """Word all faults as one message; the same fault in many rows of a file takes one line."""
    rows: dict[tuple[str, str, str], list[int]] = {}
    for fault in sorted(faults, key=lambda fault: (fault.source, fault.row)):
        rows.setdefault((fault.source, fault.reason, fault.detail), []).append(fault.row)
    lines = [f"  {source}{_rows(found)}: {reason}: {detail}" for (source, reason, detail), found in rows.items()]
    if len(lines) > MAX_LINES:
        lines[MAX_LINES:] = [f"  and {len(lines) - MAX_LINES} more"]
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    head = f"{count} in the labels. Fix them, or set `labels.on_error: drop` to leave out what is faulty and list it."
    return "\n".join([head, *lines])


def _rows(rows: list[int]) -> str:
    """Word rows: ', row 4' or ', rows 4-7, 9'; nothing for the file as a whole."""
    runs: list[list[int]] = []
    for row in sorted(set(rows) - {0}):
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in runs[:MAX_LINES]]
    if len(runs) > MAX_LINES:
        shown.append("...")
    return f", row{'s' if len(rows) > 1 else ''} {', '.join(shown)}" if shown else ""
