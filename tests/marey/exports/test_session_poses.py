"""The poses of a session: its times and unit, its animals, and what there is of each format."""

import numpy as np
import pytest

from marey.exports import pose_table
from marey.exports.pose_table import ExportError
from marey.exports.session_poses import read_session_poses
from marey.tables import files
from marey.tables.poses3d import POSES3D

from .. import made_session_poses as made


def test_times_and_blocks(tmp_path, monkeypatch):
    rows = made.table(11, ("animal10", "animal2"), times=np.linspace(1, 3, 11) ** 2)
    made.export(rows, "csv", tmp_path, unit="cm")
    monkeypatch.setattr(files, "ROW_GROUP", 4)  # a time goes on in the next batch
    monkeypatch.setattr(pose_table, "BLOCK_POINTS", 12)
    tables = tmp_path / "poses3d" / "s.parquet", tmp_path / "cameras.parquet"
    poses = read_session_poses(*tables, session="s", skeleton=(made.KEYPOINTS, (), ()), provenance={})
    assert (poses.session, poses.unit, poses.axes) == ("s", "cm", ("x", "y", "z"))
    assert poses.individuals == ("animal2", "animal10")
    np.testing.assert_allclose(poses.times, np.linspace(1, 3, 11) ** 2)
    assert poses.rate is None
    blocks = list(poses.blocks(others=["reproj_px"]))
    assert len(blocks) > 1
    position = np.concatenate([block.position for block in blocks])
    np.testing.assert_array_equal(position[:, 0, 1], made.wide(rows, "animal2", "tail base"))
    errors = np.concatenate([block.others["reproj_px"] for block in blocks])
    measured = np.concatenate([block.measured for block in blocks])
    assert np.array_equal(np.isfinite(errors), measured)
    assert measured.sum() == (rows["state"] == "measured").sum()


def test_a_session_in_which_nobody_is_seen_is_exported(tmp_path):
    for name in ("csv", "movement.nc", "anipose.csv"):
        assert made.export(files.empty(POSES3D), name, tmp_path).stat().st_size > 0


def test_keypoints_of_another_experiment_are_refused(tmp_path):
    with pytest.raises(ExportError, match="keypoint 'toe' is none of the experiment's"):
        made.export(made.table().replace({"keypoint": {"snout": "toe"}}), "anipose.csv", tmp_path)
