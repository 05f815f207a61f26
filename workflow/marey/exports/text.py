"""CSV files, written fast: numbers by Arrow, headers by Python."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow.csv import CSVWriter, WriteOptions

from marey.exports.pose_table import PoseTable
from marey.tables import files


def write_options(texts: Iterable[str] = ()) -> WriteOptions:
    """Return how Arrow writes rows: no header, and quotes only where one of the `texts` in the rows needs them."""
    special = any(sign in text for text in texts for sign in ',"\r\n')
    return WriteOptions(include_header=False, quoting_style="needed" if special else "none")


def header_line(cells: Sequence[str]) -> bytes:
    """Write a line of a header, each cell in quotes where it needs them."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode()


def write_rows(poses: PoseTable, out: Path) -> None:
    """Write all columns of a table under its names; an empty cell is an empty value."""
    options = write_options([*poses.individuals, *poses.keypoints])
    with out.open("wb") as file:
        file.write((",".join(poses.table.names) + "\n").encode())
        with CSVWriter(file, poses.table, write_options=options) as writer:
            for batch in files.batches(poses.path, poses.table, poses.table.names, rows=files.ROW_GROUP):
                writer.write_table(pa.Table.from_batches([batch]).cast(poses.table))
