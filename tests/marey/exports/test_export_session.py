"""Exports of a session: the log says what becomes of positions, and nothing is left of one that fails."""

import logging

import pytest

from marey.exports import export_session as module
from marey.exports.pose_table import ExportError

from .. import made_session_poses as made


def test_the_log_says_the_unit_and_what_is_left_out(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        made.export(made.table(), "anipose.csv", tmp_path, unit="cm")
    assert "positions: x, y and z as in Marey: in the unit of the calibration, right-handed; here cm" in caplog.text
    assert "left out, as anipose.csv cannot hold it: unit; covariances;" in caplog.text


def test_nothing_is_left_of_an_export_that_fails(tmp_path):
    with pytest.raises(ExportError):
        made.export(made.table().replace({"keypoint": {"snout": "toe"}}), "movement.nc", tmp_path)
    assert not list(tmp_path.glob("*.nc"))


def test_a_package_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(ExportError, match="nwb needs pynwb and ndx_pose, not installed here"):
        made.export(made.table(), "nwb", tmp_path)
