"""Exports of poses: whole or absent, from smoothed poses or raw ones, and with a log of what they leave out."""

import logging

import pandas as pd
import pytest

from marey.exports import export_poses as module
from marey.exports.pose_table import ExportError
from marey.tables.tracks import TRACKS

from .. import made_poses as made


def test_raw_tracks_on_request(tmp_path):
    table = made.as_tracks(made.dot())
    found = pd.read_csv(made.export(table, "csv", tmp_path, schema=TRACKS))
    assert found.columns.tolist() == TRACKS.names
    assert found["x"].tolist() == [100.5]


def test_the_log_says_what_becomes_of_positions_and_what_is_left_out(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        made.export(made.dot(), "dlc.csv", tmp_path)
    assert "1 individuals, frames 3 to 4" in caplog.text
    assert "positions: x - 0.5 and y - 0.5: pixel centres are integers" in caplog.text
    assert "left out, as dlc.csv cannot hold it: time; sigma_px; state" in caplog.text


def test_nothing_is_left_of_an_export_that_fails(tmp_path):
    rows = [(0, "a_b", "c", 1, 2, "measured"), (0, "a", "b_c", 1, 2, "measured")]
    with pytest.raises(ExportError):
        made.export(made.poses(rows), "lp.csv", tmp_path)
    assert not [path for path in tmp_path.iterdir() if "lp" in path.name]


def test_missing_packages_are_named_with_what_installs_them(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(ExportError, match="nwb needs pynwb and ndx_pose, not installed here. Run `make install LOCK="):
        made.export(made.dot(), "nwb", tmp_path)
