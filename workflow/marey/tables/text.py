"""Tables that people write, as text: the one reader of sheets, corrections and labels.

What spreadsheets and editors save is read as it is: UTF-8 with or without a byte-order mark, UTF-16, Windows-1252;
cells parted by tabs, semicolons or commas. Standard library only: the Snakefile reads sheets while it is parsed.
"""

import codecs
import csv
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_END = re.compile(r"\r\n|\r|\n")


class TextError(ValueError):
    """A file that is no table as text; the message says why, and leaves the name of the file to the caller."""


class Line(NamedTuple):
    """One line of a file that holds anything: its number from 1 and its stripped cells, or why it cannot be read."""

    number: int
    cells: list[str]
    fault: str = ""


class Row(NamedTuple):
    """One row of a table with named columns: its line and its cells by column, or why it cannot be read.

    `cells` holds every column, "" where nothing is written.
    """

    number: int
    cells: dict[str, str]
    fault: str = ""


def read_text(path: Path) -> tuple[str, str]:
    """Read a text file in whatever encoding it is; return (text, encoding): utf-8, utf-16-le, utf-16-be or cp1252.

    Bytes that are not UTF-8 can only be taken for Windows-1252: that a caller may say so. Raises TextError for what is
    no text.
    """
    content = path.read_bytes()
    mark = next((mark for mark in _MARKS if content.startswith(mark)), b"")
    encodings = [_MARKS[mark]] if mark else [_unmarked_utf16(content)] if b"\0" in content[:2] else ["utf-8", "cp1252"]
    for encoding in encodings:
        try:
            text = content[len(mark) :].decode(encoding)
        except UnicodeDecodeError:
            continue
        control = _CONTROL.search(text)
        if not control:
            return text, encoding
        line = len(_END.findall(text, 0, control.start())) + 1
        raise TextError(f"line {line}: not text, or damaged (byte {ord(control[0])}); save it as text in UTF-8")
    raise TextError("not text, or damaged; save it as text in UTF-8")


def read_lines(path: Path) -> tuple[Iterator[Line], bool]:
    """Read the lines of a text table that hold anything, one by one.

    The first of tab, semicolon and comma that stands in the first of these lines parts the cells of all. A cell ends
    with its line: a quote that is not closed is the fault of that line alone.

    Returns:
        The lines, and whether the last one is ended, which it is not where a file was copied half-way.

    Raises:
        TextError: the file is no text.
    """
    text, _ = read_text(path)
    return _lines(text), text.endswith(("\n", "\r"))


def read_rows(path: Path) -> tuple[list[str], Iterator[Row]]:
    """Read a text table whose first line names its columns: (columns, rows one by one).

    Columns without a name are left out of both, and must be empty. Raises TextError for no text, no header, or a
    column that is named twice.
    """
    lines, _ = read_lines(path)
    head = next(lines, Line(1, []))
    if head.fault:
        raise TextError(f"line {head.number}: {head.fault}")
    check_columns(head.cells)
    return [name for name in head.cells if name], (_row(line, head.cells) for line in lines)


def check_columns(names: list[str]) -> None:
    """Raise TextError where there are no columns, or two have one name."""
    if not any(names):
        raise TextError("the file is empty; expected a line with the names of the columns")
    first: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        if name and name in first:
            raise TextError(f"the columns {first[name]} and {place} are both named '{name}'; rename or delete one")
        first[name] = place


def _unmarked_utf16(content: bytes) -> str:
    """Name the form of UTF-16 that text without a byte-order mark is in: its letters have one byte that is 0."""
    return "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"


def _lines(text: str) -> Iterator[Line]:
    numbered = ((number, line) for number, line in enumerate(_END.split(text), start=1) if line.strip())
    first = next(numbered, (1, ""))
    stated = re.fullmatch(r"sep=(.)\s*", first[1])  # Excel's own way to name the separator
    if stated:
        first = next(numbered, (1, ""))
    separator = stated[1] if stated else _separator(first[1])
    for number, line in chain([first], numbered):
        try:
            cells = _cells(line, separator)
        except csv.Error as error:
            fault = (
                f"a quote is not closed or stands inside a cell ({error}); correct or delete the quotes of this line"
            )
            yield Line(number, [], fault)
        else:
            if any(cells):
                yield Line(number, cells)


def _separator(header: str) -> str:
    """Find what parts the cells of a header: the first separator that stands in it outside quotes."""
    found = re.search(r"[\t;,]", re.sub(r'"[^"]*"', "", header))
    return found[0] if found else ","


def _cells(line: str, separator: str) -> list[str]:
    # one line at a time, so that no quote reaches into the next; plain lines do without the parser, which takes longer
    cells = next(csv.reader([line], delimiter=separator, strict=True)) if '"' in line else line.split(separator)
    return [cell.strip() for cell in cells]


def _row(line: Line, names: list[str]) -> Row:
    cells = dict(zip(names, [*line.cells, *[""] * (len(names) - len(line.cells))], strict=False))
    surplus = [cell for name, cell in zip([*names, *[""] * len(line.cells)], line.cells, strict=False) if not name]
    fault = line.fault
    if any(surplus):
        fault = (
            f"'{next(filter(None, surplus))}' is in no named column; take it out, name its column in line 1, or put "
            "quotes around a cell that holds a separator"
        )
    return Row(line.number, {name: cells[name] for name in names if name}, fault)
