"""Labels as a SLEAP package, read by h5py and by sleap-io."""

import h5py
import numpy as np
import pytest

from ... import made_labels as made


def test_a_dot_and_flags(tmp_path):
    with h5py.File(made.export("slp", tmp_path) / "labels.pkg.slp") as file:
        assert file["instances"]["instance_type"].tolist() == [0, 0, 0]
        assert file["frames"]["frame_idx"].tolist() == [3, 9]
        assert file["video0/frame_numbers"][:].tolist() == [3, 9]
        points = file["points"][:]
        assert (points["x"][0], points["y"][0], points["visible"][0]) == (100, 50, True)
        assert (points["x"][1], points["visible"][1]) == (19.75, False)  # occluded


def test_sleap_io_finds_instances_tracks_and_images(tmp_path):
    sleap_io = pytest.importorskip("sleap_io", reason="sleap-io is no part of the environment")
    labels = sleap_io.load_slp(str(made.export("slp", tmp_path) / "labels.pkg.slp"))
    assert [track.name for track in labels.tracks] == ["m 1", "ü"]
    frame = labels[0]
    assert frame.frame_idx == 3
    found = {
        (instance.track.name, node): tuple(point["xy"])
        for instance in frame.user_instances
        for node, point in zip(labels.skeleton.node_names, instance.points, strict=True)
        if np.isfinite(point["xy"]).all()
    }
    points = made.POINTS | made.UNIQUE
    expected = {key[1:]: (x - 0.5, y - 0.5) for key, (x, y, _) in points.items() if key[0] == 3 and np.isfinite(x)}
    assert found == expected
    assert labels.video[3][50, 100, 0] == 255
    assert labels.video[9].shape[:2] == (80, 160)
    assert labels.video.source_video.filename == "v"
