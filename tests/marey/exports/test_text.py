"""CSV that is written fast: quotes where they are needed, and nowhere else."""

import csv
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow.csv import write_csv

from marey.exports.text import header_line, write_options

NAMES = st.lists(st.text(st.characters(categories=("L", "N", "P", "Zs")), min_size=1), min_size=1, max_size=4)


@given(NAMES)
def test_a_header_and_rows_come_back(names):
    buffer = io.BytesIO()
    buffer.write(header_line(names))
    write_csv(pa.table({str(i): [name] for i, name in enumerate(names)}), buffer, write_options(names))
    assert list(csv.reader(io.StringIO(buffer.getvalue().decode(), newline=""))) == [names, names]


@pytest.mark.parametrize(("text", "quoted"), [("tail base", False), ("a, b", True), ('"a"', True)])
def test_quotes_only_where_they_are_needed(text, quoted):
    buffer = io.BytesIO()
    write_csv(pa.table({"a": [text]}), buffer, write_options([text]))
    assert buffer.getvalue().startswith(b'"') == quoted
