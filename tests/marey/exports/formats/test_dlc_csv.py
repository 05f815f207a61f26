"""DeepLabCut's CSV, read by pandas and by movement."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from marey.exports.pose_table import ExportError

from ... import made_poses as made
from .test_dlc_h5 import renamed, tidy


def read(path):
    levels = 4 if path.read_text().splitlines()[1].startswith("individuals") else 3
    return tidy(pd.read_csv(path, header=list(range(levels)), index_col=0))


@made.few
@given(made.tables())
def test_a_table_comes_back(given):
    table, keypoints = renamed(given[0]), given[1]
    made.exported(table, "dlc.csv", read, keypoints=keypoints, shift=-0.5)


def test_a_dot_stands_in_a_file_as_deeplabcut_writes_it(tmp_path):
    lines = made.export(made.dot(), "dlc.csv", tmp_path).read_text().splitlines()
    assert lines[:4] == ["scorer,marey,marey,marey", "bodyparts,snout,snout,snout", "coords,x,y,likelihood", "0,,,"]
    assert lines[6] == "3,100,50,0.5"


def test_an_animal_that_is_called_as_deeplabcut_calls_objects_is_an_error(tmp_path):
    rows = [(0, "single", "box", 1, 2, "measured"), (0, "unique", "box", 3, 4, "measured")]
    with pytest.raises(ExportError, match="an animal is named 'single'"):
        made.export(made.poses(rows), "dlc.csv", tmp_path)


def test_movement_reads_it(tmp_path):
    load = pytest.importorskip("movement.io.load_poses", reason="movement is no part of the environment")
    found = load.from_dlc_file(made.export(made.dot(), "dlc.csv", tmp_path), fps=30)
    np.testing.assert_allclose(found["position"][3, :, 0, 0], [100, 50])
    assert float(found["confidence"][3, 0, 0]) == 0.5
