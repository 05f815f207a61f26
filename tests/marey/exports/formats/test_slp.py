"""SLEAP projects, read by h5py, by sleap-io and by movement."""

import json

import h5py
import numpy as np
import pytest
from hypothesis import given

from ... import made_poses as made

REASON = "sleap-io is no part of the environment"


def read(path):
    """Rows of the predicted points, by the indices that SLEAP keeps."""
    with h5py.File(path) as file:
        nodes = [node["name"] for node in json.loads(file["metadata"].attrs["json"])["nodes"]]
        tracks = [json.loads(track)[1] for track in file["tracks_json"]]
        points = file["pred_points"][:]
        for frame in file["frames"][:]:
            for instance in file["instances"][frame["instance_id_start"] : frame["instance_id_end"]]:
                assert instance["frame_id"] == frame["frame_id"]
                own = points[instance["point_id_start"] : instance["point_id_end"]]
                for node, point in zip(nodes, own, strict=True):
                    yield int(frame["frame_idx"]), tracks[instance["track"]], node, point["x"], point["y"]


def read_with_sleap_io(path):
    labels = pytest.importorskip("sleap_io", reason=REASON).load_slp(str(path), open_videos=False)
    for frame in labels:
        for instance in frame.predicted_instances:
            for node, (x, y) in zip(labels.skeleton.node_names, instance.numpy(), strict=True):
                yield frame.frame_idx, instance.track.name, node, x, y


@made.few
@given(made.tables())
def test_a_table_comes_back(given):
    made.exported(given[0], "slp", lambda path: list(read(path)), keypoints=given[1], shift=-0.5)


@made.few
@given(made.tables())
def test_a_table_comes_back_by_sleap_io(given):
    made.exported(given[0], "slp", lambda path: list(read_with_sleap_io(path)), keypoints=given[1], shift=-0.5)


def test_a_dot(tmp_path):
    assert list(read(made.export(made.dot(), "slp", tmp_path))) == [(3, "animal1", "snout", 100, 50)]


def test_sleap_io_sees_skeleton_video_scores_and_provenance(tmp_path):
    sleap_io = pytest.importorskip("sleap_io", reason=REASON)
    names = ["left", "right", "tail"]
    table = made.poses([(5, "a", name, index, 5, "measured") for index, name in enumerate(names)])
    path = made.export(table, "slp", tmp_path, edges=((2, 0), (2, 1)), pairs=((0, 1),), length=9)
    labels = sleap_io.load_slp(str(path), open_videos=False)
    assert labels.skeleton.edge_inds == [(2, 0), (2, 1)]
    assert [{node.name for node in pair.nodes} for pair in labels.skeleton.symmetries] == [{"left", "right"}]
    assert labels.video.filename == "sub/v.mp4"
    assert tuple(labels.video.shape) == (9, 480, 640, 3)
    (instance,) = labels[0].instances
    assert type(instance) is sleap_io.PredictedInstance
    assert instance.score == 0.5
    assert labels.provenance["version"] == "1.2.3"


def test_a_video_in_which_nobody_is_seen(tmp_path):
    assert list(read(made.export(made.dot().iloc[:0], "slp", tmp_path, keypoints=["snout"], length=4))) == []


def test_movement_reads_it(tmp_path):
    load = pytest.importorskip("movement.io.load_poses", reason="movement is no part of the environment")
    found = load.from_sleap_file(made.export(made.dot(), "slp", tmp_path), fps=30)
    np.testing.assert_allclose(found["position"][3, :, 0, 0], [100, 50])
