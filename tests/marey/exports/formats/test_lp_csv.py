"""Lightning Pose's CSV, read by pandas and by movement."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from marey.exports.pose_table import ExportError

from ... import made_poses as made


def read(path):
    table = pd.read_csv(path, header=[0, 1, 2], index_col=0).rename_axis("frame")
    rows = table.droplevel("scorer", axis=1).stack("bodyparts", future_stack=True).reset_index()
    return rows.assign(individual="animal1")[["frame", "individual", "bodyparts", "x", "y"]].to_numpy()


@made.few
@given(made.tables(animals=1))
def test_a_table_comes_back(given):
    table = given[0].assign(individual="animal1")
    made.exported(table, "lp.csv", read, keypoints=given[1], shift=-0.5)


def test_a_dot(tmp_path):
    lines = made.export(made.dot(), "lp.csv", tmp_path).read_text().splitlines()
    assert lines[0] == "scorer,heatmap_tracker,heatmap_tracker,heatmap_tracker"
    assert lines[6] == "3,100,50,0.5"


def test_keypoints_of_several_animals_have_their_names(tmp_path):
    rows = [(0, name, "snout", 1, 2, "measured") for name in "ab"] + [(0, "unique", "box", 5, 6, "measured")]
    line = made.export(made.poses(rows), "lp.csv", tmp_path).read_text().splitlines()[1]
    assert line.split(",")[1::3] == ["a_snout", "b_snout", "box"]


def test_names_that_would_be_one_are_an_error(tmp_path):
    rows = [(0, "a_b", "c", 1, 2, "measured"), (0, "a", "b_c", 1, 2, "measured")]
    with pytest.raises(ExportError, match="two keypoints would be named 'a_b_c'"):
        made.export(made.poses(rows), "lp.csv", tmp_path)


def test_movement_reads_it(tmp_path):
    load = pytest.importorskip("movement.io.load_poses", reason="movement is no part of the environment")
    found = load.from_lp_file(made.export(made.dot(), "lp.csv", tmp_path), fps=30)
    np.testing.assert_allclose(found["position"][3, :, 0, 0], [100, 50])
