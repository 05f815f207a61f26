"""Tidy CSV of poses in space, read by pandas: the table itself."""

import pandas as pd

from marey.tables import files
from marey.tables.poses3d import POSES3D

from ... import made_session_poses as made


def test_the_table_comes_back(tmp_path):
    found = pd.read_csv(made.export(made.table(animals=("a", "b, c")), "csv", tmp_path))
    expected = files.read(tmp_path / "poses3d" / "s.parquet", POSES3D)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_a_dot(tmp_path):
    row = pd.read_csv(made.export(made.dot(), "csv", tmp_path)).dropna(subset=["x"]).iloc[0]
    assert (row["x"], row["y"], row["z"]) == made.PLACE
    assert (row["frame"], row["keypoint"]) == (2, "snout")
