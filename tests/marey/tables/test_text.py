"""Tables as text: one reader for what spreadsheets and editors save, that reads no row wrongly."""

import csv
import io

import pytest

from marey.tables.text import Line, TextError, read_lines, read_rows, read_text

ROWS = [["video", "subject"], ["a", "Müller"], ["b", "Đorđe"]]


def rows(path):
    columns, found = read_rows(path)
    return columns, [(row.number, *row.cells.values(), row.fault) for row in found]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", ["\t", ";", ","])
def test_what_spreadsheets_save_is_read_alike(tmp_path, encoding, end, separator):
    path = tmp_path / "a"
    path.write_bytes(end.join(map(separator.join, ROWS)).encode(encoding))
    assert rows(path) == (ROWS[0], [(2, "a", "Müller", ""), (3, "b", "Đorđe", "")])


def test_utf16_big_endian_with_its_mark(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"\xfe\xff" + "a,b\nc,d\n".encode("utf-16-be"))
    assert read_text(path) == ("a,b\nc,d\n", "utf-16-be")


def test_windows_1252(tmp_path):
    path = tmp_path / "a"
    path.write_bytes("video\tsubject\na\tMäuschen 5 € µm\n".encode("cp1252"))
    assert read_text(path)[1] == "cp1252"
    assert rows(path)[1] == [(2, "a", "Mäuschen 5 € µm", "")]


@pytest.mark.parametrize(
    "content", [b"\x00\x01\x02\x03", b"\xff\xd8\xff\xe0\x00\x10JFIF", b"a,b\n\x81,1\n", b"PK\3\4\0"]
)
def test_what_is_no_text_is_said(tmp_path, content):
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(TextError, match="not text"):
        read_lines(path)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("video;path, in the folder", ["video", "path, in the folder"]),
        ("scorer,a;b;c,a;b;c", ["scorer", "a;b;c", "a;b;c"]),
        ('"a;b"\tc, d', ["a;b", "c, d"]),
        ("video", ["video"]),
        ("sep=|\na;b|c", ["a;b", "c"]),
    ],
)
def test_the_header_says_what_parts_cells(tmp_path, header, cells):
    path = tmp_path / "a"
    path.write_text(header)
    assert next(read_lines(path)[0]).cells == cells


def test_lines_keep_their_numbers_past_empty_ones(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b" \r\n,,\r\na,b\r\n\r\n,,\r\n1, 2")
    lines, ended = read_lines(path)
    assert list(lines) == [Line(3, ["a", "b"]), Line(6, ["1", "2"])]
    assert not ended
    path.write_bytes(b"a,b\n")
    assert read_lines(path)[1]


@pytest.mark.parametrize("stray", ['"b,3', 'a,"b', '"a"b,3', 'a,"b"c"'])
def test_a_stray_quote_loses_its_own_line_alone(tmp_path, stray):
    path = tmp_path / "a"
    path.write_text(f'x,y\n1,2\n{stray}\n"4",5\n6,"7, ""8"""\n')
    _, found = read_rows(path)
    found = list(found)
    assert [row.number for row in found] == [2, 3, 4, 5]
    assert [bool(row.fault) for row in found] == [False, True, False, False]
    assert "quote" in found[1].fault
    assert [found[2].cells, found[3].cells] == [{"x": "4", "y": "5"}, {"x": "6", "y": '7, "8"'}]


def test_what_a_csv_writer_writes_is_read_back(tmp_path):
    table = [["a", "b"], ['"', ","], ["x;y", 'say "no"'], ["'", "tab\tin it"]]
    for separator in ",;\t":
        written = io.StringIO()
        csv.writer(written, delimiter=separator).writerows(table)
        (tmp_path / "a").write_text(written.getvalue())
        assert [line.cells for line in read_lines(tmp_path / "a")[0]] == table


def test_columns_that_are_named_twice_are_refused(tmp_path):
    path = tmp_path / "a"
    path.write_text("video;path;crop;path\n")
    with pytest.raises(TextError, match="columns 2 and 4 are both named 'path'"):
        read_rows(path)


def test_short_rows_and_columns_without_a_name(tmp_path):
    path = tmp_path / "a"
    path.write_text("video\tpath\t\t\na\n\tx\t\t\t\t\nb\ty\t\tz\n")
    columns, found = rows(path)
    assert columns == ["video", "path"]
    assert found[:2] == [(2, "a", "", ""), (3, "", "x", "")]
    assert "'z' is in no named column" in found[2][-1]


@pytest.mark.parametrize("content", ["", "\n\n", ",,\n", "\ufeff"])
def test_an_empty_file_is_said(tmp_path, content):
    path = tmp_path / "a"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TextError, match="the file is empty"):
        read_rows(path)


def test_a_byte_that_is_0_in_utf8_is_named_with_its_line(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\n1,\0 2\n")
    with pytest.raises(TextError, match=r"line 2: not text, or damaged \(byte 0\)"):
        read_text(path)
