"""DeepLabCut's HDF5, read by pandas and by movement."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from ... import made_poses as made


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of a wide table of any levels; DeepLabCut's `single` are objects."""
    if "individuals" not in table.columns.names:
        only = pd.MultiIndex.from_tuples([(s, "animal1", *rest) for s, *rest in table.columns])
        table.columns = only.set_names(["scorer", "individuals", "bodyparts", "coords"])
    rows = table.rename_axis("frame").stack(["individuals", "bodyparts"], future_stack=True)
    rows = rows.droplevel("scorer", axis=1).reset_index()
    names = rows["individuals"].replace("single", "unique")
    return pd.DataFrame(
        {"frame": rows["frame"], "individual": names, "keypoint": rows["bodyparts"], "x": rows["x"], "y": rows["y"]}
    )


def renamed(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose only animal has the name that a file of one animal cannot say."""
    several = table["individual"].nunique() > 1
    return table if several else table.assign(individual="animal1")


@made.few
@given(made.tables())
def test_a_table_comes_back(given):
    table, keypoints = renamed(given[0]), given[1]
    made.exported(table, "dlc.h5", lambda path: tidy(pd.read_hdf(path)), keypoints=keypoints, shift=-0.5)


def test_a_dot(tmp_path):
    table = pd.read_hdf(made.export(made.dot(), "dlc.h5", tmp_path), key="df_with_missing")
    assert table.columns.names == ["scorer", "bodyparts", "coords"]
    assert table.loc[3, ("marey", "snout")].tolist() == [100, 50, 0.5]


def test_a_row_s_number_is_its_frame_and_every_frame_of_the_video_has_one(tmp_path):
    table = pd.read_hdf(made.export(made.dot(), "dlc.h5", tmp_path, length=9))
    assert table.index.tolist() == list(range(9))
    assert table.drop(index=3).isna().all(axis=None)


def test_several_animals_have_a_level_and_objects_are_single(tmp_path):
    rows = [(0, "a", "snout", 1, 2, "measured"), (0, "b", "snout", 3, 4, "measured")]
    table = pd.read_hdf(made.export(made.poses([*rows, (0, "unique", "box", 5, 6, "measured")]), "dlc.h5", tmp_path))
    assert table.columns.names == ["scorer", "individuals", "bodyparts", "coords"]
    assert list(table.columns.droplevel([0, 3]).unique()) == [("a", "snout"), ("b", "snout"), ("single", "box")]


def test_a_table_wider_than_an_attribute_of_hdf5_comes_back(tmp_path):
    rows = [
        (0, f"animal{n}", f"a keypoint with a long name {k}", n, k, "measured") for n in range(99) for k in range(9)
    ]
    table = made.poses(rows)
    found = tidy(pd.read_hdf(made.export(table, "dlc.h5", tmp_path))).dropna()
    assert len(found) == len(rows)


def test_a_video_in_which_nobody_is_seen(tmp_path):
    path = made.export(made.dot().iloc[:0], "dlc.h5", tmp_path, keypoints=["snout"], length=4)
    table = pd.read_hdf(path)
    assert len(table) == 4
    assert table.isna().all(axis=None)


def test_movement_reads_it(tmp_path):
    load = pytest.importorskip("movement.io.load_poses", reason="movement is no part of the environment")
    table = made.poses([(2, name, "snout", x, 5, "measured") for x, name in enumerate("ab")])
    found = load.from_dlc_file(made.export(table, "dlc.h5", tmp_path), fps=30)
    assert found["individuals"].values.tolist() == ["a", "b"]
    np.testing.assert_allclose(found["position"][2].values[:, 0], [[-0.5, 0.5], [4.5, 4.5]])
