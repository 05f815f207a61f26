"""NWB, read by pynwb, inspected by nwbinspector, read by movement; skipped where pynwb is not installed."""

import numpy as np
import pytest
from hypothesis import given, settings

from marey.exports.pose_table import ExportError

from ... import made_poses as made

pynwb = pytest.importorskip("pynwb", reason="NWB needs packages of its own: envs/requirements-exports.txt")
pytest.importorskip("ndx_pose", reason="NWB needs packages of its own: envs/requirements-exports.txt")


def read(path):
    with pynwb.NWBHDF5IO(path, "r") as file:
        nwb = file.read()
        behavior = nwb.processing["behavior"]
        for name, container in behavior.data_interfaces.items():
            if name == "Skeletons":
                continue
            individual = container.description.partition(":")[0]
            for node in container.skeleton.nodes[:]:
                series = container[node]
                start = series.starting_time if series.rate else series.timestamps[0]
                for row, (x, y) in enumerate(series.data[:]):
                    yield round(start * 30) + row, individual, node, x, y


@settings(made.few, max_examples=2)
@given(made.tables())
def test_a_table_comes_back(given):
    made.exported(given[0], "nwb", lambda path: list(read(path)), keypoints=given[1])


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A file of two animals, one of which is not there at first."""
    rows = [(frame, name, k, *made.DOT, "measured") for frame in range(3, 9) for name in "ab" for k in ("snout", "t")]
    table = made.poses([row for row in rows if row[1] == "a" or row[0] > 5])
    return made.export(table, "nwb", tmp_path_factory.mktemp("nwb"), edges=((0, 1),))


def test_a_dot_with_its_frame_of_reference_and_times(path):
    with pynwb.NWBHDF5IO(path, "r") as file:
        container = file.read().processing["behavior"]["b"]
        series = container["snout"]
        assert series.data[0].tolist() == list(made.DOT)
        assert series.reference_frame.startswith("(0, 0) is the top left corner of the image")
        assert "pixel centres are at integers + 0.5" in series.reference_frame
        assert (series.rate, series.starting_time) == (30, 0.2)
        assert series.confidence[0] == 0.5
        assert container.original_videos[:].tolist() == ["sub/v.mp4"]
        assert container.skeleton.edges[:].tolist() == [[0, 1]]


def test_subject_and_session(path):
    with pynwb.NWBHDF5IO(path, "r") as file:
        nwb = file.read()
        subject = nwb.subject
        assert (subject.subject_id, subject.species, subject.sex, subject.age) == ("m 1", "Mus musculus", "F", "P90D")
        assert nwb.session_start_time.isoformat() == "2026-01-02T10:00:00+01:00"


def test_nwbinspector_finds_nothing_critical(path):
    inspector = pytest.importorskip("nwbinspector", reason="nwbinspector is no part of the environment")
    for config in (None, inspector.load_config("dandi")):
        found = list(inspector.inspect_nwbfile(nwbfile_path=path, config=config))
        assert [item.message for item in found if item.importance.value >= inspector.Importance.CRITICAL.value] == []


def test_times_of_uneven_frames_are_time_stamps(tmp_path):
    table = made.poses([(frame, "a", name, 1, 2, "measured") for frame in range(3) for name in ("snout", "tail")])
    path = made.export(table, "nwb", tmp_path, times=np.array([0, 0.1, 0.3, 0.4]))
    with pynwb.NWBHDF5IO(path, "r") as file:
        container = file.read().processing["behavior"]["PoseEstimation"]
        for name in ("snout", "tail"):
            assert container[name].rate is None
            assert container[name].timestamps[:].tolist() == [0, 0.1, 0.3]


def test_names_that_nwb_does_not_allow(tmp_path):
    table = made.poses([(0, "a/b", "left/ear", 1, 2, "measured")])
    with pynwb.NWBHDF5IO(made.export(table, "nwb", tmp_path), "r") as file:
        container = file.read().processing["behavior"]["PoseEstimation"]
        assert list(container.pose_estimation_series) == ["left_ear"]
        assert container.skeleton.nodes[:].tolist() == ["left/ear"]
    rows = [(0, "a", name, 1, 2, "measured") for name in ("left/ear", "left_ear")]
    with pytest.raises(ExportError, match="two keypoints would be named 'left_ear'"):
        made.export(made.poses(rows), "nwb", tmp_path)


def test_movement_reads_it(tmp_path):
    load = pytest.importorskip("movement.io.load_poses", reason="movement is no part of the environment")
    table = made.poses([(frame, "a", "snout", *made.DOT, "measured") for frame in range(3, 6)])
    found = load.from_nwb_file(made.export(table, "nwb", tmp_path))
    np.testing.assert_allclose(found["position"][0].values.ravel(), made.DOT)
    assert found.attrs["fps"] == 30
