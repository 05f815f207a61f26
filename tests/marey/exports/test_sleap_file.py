"""Projects of SLEAP: the skeleton's JSON, and rows that are appended."""

import h5py
import numpy as np
import pytest

from marey.exports import sleap_file


def test_a_skeleton_as_jsonpickle_writes_it():
    (skeleton,) = sleap_file.skeleton_json(["a", "b", "c"], [(0, 1), (0, 2)], [(1, 2)])["skeletons"]
    kinds = [link["type"] for link in skeleton["links"]]
    assert kinds[0]["py/reduce"][1] == {"py/tuple": [1]}
    assert kinds[1] == {"py/id": 1}
    assert kinds[2]["py/reduce"][1] == {"py/tuple": [2]}
    assert kinds[3] == {"py/id": 2}
    assert [(link["source"], link["target"]) for link in skeleton["links"]] == [(0, 1), (0, 2), (1, 2), (2, 1)]


def test_sleap_io_reads_names_beyond_ascii_and_symmetries_without_edges(tmp_path):
    sleap_io = pytest.importorskip("sleap_io", reason="sleap-io is no part of the environment")
    metadata = sleap_file.skeleton_json(["links ü", "rechts 鼻"], [], [(0, 1)])
    with h5py.File(tmp_path / "p.slp", "w") as file:
        sleap_file.Project(file, metadata, ["Mäuschen"], [{"type": "MediaVideo", "filename": "v.mp4"}], {})
    labels = sleap_io.load_slp(str(tmp_path / "p.slp"), open_videos=False)
    assert labels.skeletons[0].node_names == ["links ü", "rechts 鼻"]
    assert len(labels.skeletons[0].symmetries) == 1
    assert labels.tracks[0].name == "Mäuschen"


def test_rows_are_appended_with_one_value_for_all_or_one_each(tmp_path):
    with h5py.File(tmp_path / "p.slp", "w") as file:
        project = sleap_file.Project(file, sleap_file.skeleton_json(["a"], [], []), [], [], {})
        for start in (0, 2):
            project.append("points", x=np.array([start, start + 1]), y=5.0, visible=True)
        assert project.count("points") == 4
        assert file["points"]["x"].tolist() == [0, 1, 2, 3]
        assert file["points"]["y"].tolist() == [5, 5, 5, 5]
