"""CSV files, written fast: numbers by Arrow, headers by Python."""

import csv
import io
from collections.abc import Iterable, Sequence

from pyarrow.csv import WriteOptions


def write_options(texts: Iterable[str] = ()) -> WriteOptions:
    """Return how Arrow writes rows: no header, and quotes only where one of the `texts` in the rows needs them."""
    special = any(sign in text for text in texts for sign in ',"\r\n')
    return WriteOptions(include_header=False, quoting_style="needed" if special else "none")


def header_line(cells: Sequence[str]) -> bytes:
    """Write a line of a header, each cell in quotes where it needs them."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode()
