"""What Marey exports for other tools it reads back as predictions, by the readers of these tools' own files."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from marey.labels.reading import Source
from marey.labels.sources import PREDICTIONS, describe, load_format

from .. import made_poses as made

EXPORTED = ["csv", "dlc.csv", "dlc.h5", "slp", "analysis.h5"]


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
    first, second = (part.sort_values(key, ignore_index=True) for part in (found, there))
    assert first["frame"].tolist() == second["frame"].tolist()
    assert first["keypoint"].tolist() == second["keypoint"].tolist()
    np.testing.assert_allclose(first[values], second[values].astype(float), atol=0.01)
