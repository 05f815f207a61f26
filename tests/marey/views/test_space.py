"""Poses in space as figures read them: every n-th time, whole, whatever the size of the table's parts."""

import numpy as np
import pytest

from marey.tables import files
from marey.tables.poses3d import POSES3D
from marey.views.space import count_times, read_thinned

from ..multiview import session


@pytest.mark.parametrize(("times", "step"), [(100, 1), (60, 1), (30, 2), (7, 8)])
def test_every_nth_time_is_read_whole(tmp_path, monkeypatch, times, step):
    monkeypatch.setattr(files, "ROW_GROUP", 18)
    session.write_truth(tmp_path, session.walk(60))
    path = tmp_path / "poses3d.parquet"
    assert count_times(path) == 60
    rows = read_thinned(path, ["time", "keypoint", "x"], times=times)
    assert rows.columns.tolist() == ["time", "keypoint", "x"]
    np.testing.assert_allclose(rows["time"], np.repeat(np.arange(0, 60, step), 4) / session.FPS)
    np.testing.assert_allclose(rows["x"], session.walk(60)[::step, :, 0].ravel(), rtol=1e-6)


def test_a_table_without_rows(tmp_path):
    files.write(tmp_path / "p.parquet", files.empty(POSES3D), POSES3D)
    assert count_times(tmp_path / "p.parquet") == 0
    assert read_thinned(tmp_path / "p.parquet", ["time", "x"], times=10).empty
