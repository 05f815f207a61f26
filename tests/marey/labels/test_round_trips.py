"""What Marey exports for other tools it reads back as predictions, by the readers of these tools' own files."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from marey.labels.formats import _hdf_tree, _nwb_file, _sleap_file, deeplabcut_predictions, movement, sleap_analysis
from marey.labels.reading import Source
from marey.labels.sources import PREDICTIONS, describe, load_format

from .. import made_poses as made

EXPORTED = ["csv", "coco.json", "dlc.csv", "dlc.h5", "slp", "analysis.h5", "movement.nc"]


@pytest.fixture(autouse=True)
def at_once(monkeypatch, tmp_path):
    """Read in this process, which spares the start of another: files of these tests kill nobody."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for module in (deeplabcut_predictions, movement, sleap_analysis, _hdf_tree, _sleap_file, _nwb_file):
        monkeypatch.setattr(module, "call_apart", lambda function, *arguments: function(*arguments))


@pytest.mark.parametrize("name", EXPORTED)
@settings(made.few, max_examples=3)
@given(made.tables())
def test_poses_come_back(name, given):
    table, keypoints = given
    with tempfile.TemporaryDirectory() as folder:
        path = made.export(table, name, Path(folder), keypoints=keypoints)
        source = Source(path, Path(folder))
        contents = load_format(source, PREDICTIONS).read(source)
        said = describe(path.name, folder, PREDICTIONS)
    assert contents.faults == []
    assert contents.labels.empty
    found, there = contents.predictions, table.dropna(subset=["x"])
    assert set(found["video"]) <= {"v"}
    assert list(said.predicted_videos) == ["v"] or there.empty
    assert len(found) == len(there)
    key, values = ["frame", "keypoint", "x"], ["x", "y", "confidence"]
    alone = table["individual"].iloc[0]  # the name of a single animal may be lost
    found = found.assign(individual=found["individual"].replace({"single": "unique", "": alone}))
    first, second = (part.sort_values(key, ignore_index=True) for part in (found, there))
    assert first["frame"].tolist() == second["frame"].tolist()
    assert first["keypoint"].tolist() == second["keypoint"].tolist()
    assert first["individual"].tolist() == second["individual"].tolist()
    np.testing.assert_allclose(first[values], second[values].astype(float), atol=0.01)


@pytest.mark.parametrize("even", [True, False])
def test_poses_come_back_from_nwb(tmp_path, even):
    pytest.importorskip("pynwb", reason="NWB is written by packages of its own: envs/requirements-exports.txt")
    rows = [(frame, name, k, 100.5, 50.5, "measured") for frame in (5, 6, 9) for name in "ab" for k in ("snout", "t")]
    rows += [(6, "unique", "box", 3.25, 4, "measured")]
    times = [frame / 30 + 0.2 + (0 if even else 0.01 * (frame % 3)) for frame in range(11)]
    path = made.export(made.poses(rows), "nwb", tmp_path, keypoints=["snout", "t", "box"], times=times)
    source = Source(path, tmp_path)
    found = load_format(source, PREDICTIONS).read(source).predictions
    assert sorted(map(tuple, found[[*made.KEY, "x", "y"]].to_numpy())) == sorted(row[:5] for row in rows)
    assert (found["instance"] == -1).tolist() == (found["individual"] == "unique").tolist()
