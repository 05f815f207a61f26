import contextlib
import os
import pickle

import numpy as np
import pandas as pd
import pytest
import tables

from marey.labels.formats._hdf import read_apart, read_table

COLUMNS = pd.MultiIndex.from_product([["A"], ["nose", "tail"], ["x", "y"]], names=["scorer", "bodyparts", "coords"])


class Bomb:
    """Unpickling this makes a folder: harmless proof that code ran."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def frame() -> pd.DataFrame:
    images = pd.MultiIndex.from_tuples([("labeled-data", "v", f"img{index}.png") for index in range(3)])
    return pd.DataFrame(np.arange(12.0).reshape(3, 4), index=images, columns=COLUMNS)


@pytest.mark.parametrize("layout", ["fixed", "table"])
def test_reads_both_layouts(tmp_path, layout):
    expected = frame() if layout == "fixed" else frame().set_axis(["a", "b", "c"])
    expected.to_hdf(tmp_path / "a.h5", key="df_with_missing", format=layout)
    pd.testing.assert_frame_equal(read_table(tmp_path / "a.h5"), expected)


def plant(path, bomb: Bomb, where: str) -> None:
    frame().set_axis(["a", "b", "c"]).to_hdf(
        path, key="df_with_missing", format="table" if where == "attribute" else None
    )
    with tables.open_file(path, "a") as file:
        group = file.root.df_with_missing
        if where == "object array":
            file.remove_node(group, "block0_values")
            array = file.create_vlarray(group, "block0_values", tables.ObjectAtom())
            array._v_attrs.transposed = True
            array.append(bomb)
        elif where == "root title":  # read when the file is opened
            file.root._v_attrs._g__setattr("TITLE", bomb)
        else:
            group._v_attrs.non_index_axes = bomb


@pytest.mark.parametrize("where", ["attribute", "object array", "root title"])
def test_a_hostile_pickle_is_refused_and_not_run(tmp_path, where):
    path, trace = tmp_path / "a.h5", tmp_path / "ran"
    plant(path, Bomb(trace), where)
    with pytest.raises(ValueError, match=r"holds a pickled (posix|nt)\.mkdir, which could run code and is not opened"):
        read_table(path)
    assert not trace.exists()
    with contextlib.suppress(Exception):
        pd.read_hdf(path)
    assert trace.exists(), "the planted pickle is harmless, so this test shows nothing"


def test_pytables_gets_its_own_pickle_back(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"no HDF5")
    with pytest.raises(ValueError, match="not a readable HDF5 table"):
        read_table(tmp_path / "a.h5")
    assert tables.attributeset.pickle is pickle
    assert tables.atom.pickle is pickle


def test_one_table_or_the_named_one(tmp_path):
    path = tmp_path / "a.h5"
    for key in ("one", "two"):
        frame().to_hdf(path, key=key)
    with pytest.raises(ValueError, match="expected one table 'df_with_missing', found /one, /two"):
        read_table(path)
    (2 * frame()).to_hdf(path, key="df_with_missing")
    assert read_table(path).iloc[0, 1] == 2


def test_reading_apart_gives_the_same(tmp_path):
    frame().to_hdf(tmp_path / "a.h5", key="df_with_missing")
    found = read_apart(tmp_path / "a.h5")
    expected = pd.read_hdf(tmp_path / "a.h5")
    assert found["names"] == ["scorer", "bodyparts", "coords"]
    assert list(zip(*found["levels"], strict=True)) == expected.columns.to_list()
    assert found["index"] == [f"labeled-data/v/img{index}.png" for index in range(3)]
    np.testing.assert_array_equal(found["values"], expected.to_numpy())


def test_faults_come_back_from_the_other_process(tmp_path):
    plant(tmp_path / "a.h5", Bomb(tmp_path / "ran"), "object array")
    with pytest.raises(ValueError, match="holds a pickled"):
        read_apart(tmp_path / "a.h5")
    assert not (tmp_path / "ran").exists()
