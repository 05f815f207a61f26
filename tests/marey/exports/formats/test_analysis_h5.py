"""SLEAP's analysis HDF5, read by h5py, by sleap-io and by movement."""

import itertools
import json

import h5py
import numpy as np
import pytest
from hypothesis import given

from ... import made_poses as made


def read(path):
    with h5py.File(path) as file:
        tracks, nodes = ([name.decode() for name in file[key]] for key in ("track_names", "node_names"))
        axes = json.loads(file["tracks"].attrs["dims"])
        values = file["tracks"][:].transpose([axes.index(name) for name in ("frame", "track", "node", "xy")])
        for frame, track, node in itertools.product(*map(range, values.shape[:3])):
            yield frame, tracks[track], nodes[node], *values[frame, track, node]


def read_with_sleap_io(path):
    sleap_io = pytest.importorskip("sleap_io", reason="sleap-io is no part of the environment")
    labels = sleap_io.load_analysis_h5(str(path))
    for frame in labels:
        for instance in frame.predicted_instances:
            for node, (x, y) in zip(labels.skeleton.node_names, instance.numpy(), strict=True):
                yield frame.frame_idx, instance.track.name, node, x, y


@made.few
@given(made.tables())
def test_a_table_comes_back(given):
    made.exported(given[0], "analysis.h5", lambda path: list(read(path)), keypoints=given[1], shift=-0.5)


@made.few
@given(made.tables())
def test_a_table_comes_back_by_sleap_io(given):
    made.exported(given[0], "analysis.h5", lambda path: list(read_with_sleap_io(path)), keypoints=given[1], shift=-0.5)


def test_arrays_are_as_sleap_writes_them(tmp_path):
    table = made.poses([(3, "a", name, *made.DOT, "measured") for name in ("snout", "tail")])
    path = made.export(table, "analysis.h5", tmp_path, edges=((0, 1),), length=9)
    with h5py.File(path) as file:
        assert file["tracks"].shape == (1, 2, 2, 9)
        assert file["tracks"][0, :, 1, 3].tolist() == [100, 50]
        assert file["point_scores"][0, :, 3].tolist() == [0.5, 0.5]
        assert file["instance_scores"][0, 3] == 0.5
        assert file["track_occupancy"][:].tolist() == [[0]] * 3 + [[1]] + [[0]] * 5
        assert file["edge_names"][:].tolist() == [[b"snout", b"tail"]]
        assert file["video_path"][()] == b"sub/v.mp4"


def test_movement_reads_it(tmp_path):
    load = pytest.importorskip("movement.io.load_poses", reason="movement is no part of the environment")
    found = load.from_sleap_file(made.export(made.dot(), "analysis.h5", tmp_path), fps=30)
    np.testing.assert_allclose(found["position"][3, :, 0, 0], [100, 50])
