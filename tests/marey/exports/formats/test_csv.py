"""Tidy CSV, read by pandas: the table itself."""

import pandas as pd
from hypothesis import given

from marey.tables import files
from marey.tables.smoothed import SMOOTHED

from ... import made_poses as made


def read(path):
    return pd.read_csv(path)[[*made.KEY, "x", "y"]]


@made.few
@given(made.tables())
def test_a_table_comes_back(given):
    made.exported(given[0], "csv", read, keypoints=given[1])


def test_a_dot(tmp_path):
    row = pd.read_csv(made.export(made.dot(), "csv", tmp_path)).iloc[0]
    assert (row["x"], row["y"]) == made.DOT


def test_every_column_is_there_as_in_the_table(tmp_path):
    table = made.poses([(3, "a", "snout", 1, 2, "measured"), (4, "a", "snout", 0, 0, "gap")])
    found = pd.read_csv(made.export(table, "csv", tmp_path))
    expected = files.read(tmp_path / "smoothed" / "v.parquet", SMOOTHED)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_quotes_stand_only_where_a_name_needs_them(tmp_path):
    plain = made.export(made.dot(), "csv", tmp_path).read_text()
    assert plain.splitlines()[1].startswith("v,3,0.1,animal1,snout,100.5,50.5,0.5,1,measured,")
    table = made.poses([(3, "a, b", "snout", 1, 2, "measured")])
    assert '"a, b"' in made.export(table, "csv", tmp_path).read_text()
