import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from marey.labels.formats import _hdf_tree, jabs
from marey.labels.reading import Source
from marey.labels.sources import load_format

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[4] / "../shared/data"))
SAMPLES = DATA / "14_label_formats/jabs_h5"
DOT = (50, 100)  # JABS writes (y, x)


@pytest.fixture(autouse=True)
def at_once(monkeypatch, tmp_path):
    """Read in this process, which spares the start of another: files of these tests kill nobody."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for module in (jabs, _hdf_tree):
        monkeypatch.setattr(module, "call_apart", lambda function, *arguments: function(*arguments))


def write(path: Path, version: int, *, said: int | None = None) -> Path:
    """Write two frames as JABS does: a dot, with nothing else of the mouse, and in frame 1 another mouse before it.

    In the second slot of frame 0 there is a mouse without identity.
    """
    shape = (2, 12) if version == 2 else (2, 3, 12)
    points, confidence = np.zeros((*shape, 2), np.uint16), np.zeros(shape, np.float32)
    if version == 2:
        points[0, 0], confidence[0, 0] = DOT, 1.25
        points[1, 0], confidence[1, 0] = (7, 9), 0
        confidence[1, 1] = 0.5
    else:
        points[0, 0, 0], points[0, 1, 0], points[1, 0, 0], points[1, 1, 0], points[1, 2, 0] = (
            DOT,
            (1, 1),
            (2, 2),
            DOT,
            (3, 3),
        )
        confidence[points.any(axis=-1)] = 0.5
    with h5py.File(path, "w") as file:
        group = file.create_group("poseest")
        if said or version > 2:
            group.attrs["version"] = np.array([said or version, 0], np.uint16)
        group["points"], group["confidence"] = points, confidence
        if version > 2:
            group["instance_count"] = np.array([2, 2], np.uint8)
            group["instance_track_id"] = np.array([[8, 0, 0], [9, 8, 0]], np.uint32)
        if version > 3:
            group["instance_embed_id"] = np.array([[2, 0, 0], [1, 2, 0]], np.uint32)
            group["id_mask"] = np.array([[0, 1, 1], [0, 0, 1]], bool)
        if version > 4:
            file["static_objects/corners"] = np.zeros((4, 2), np.uint16)
    return path


def read(path: Path):
    return jabs.read(Source(path, path.parent))


@pytest.mark.parametrize("said", [None, 5])
def test_a_dot_at_column_100_and_row_50_of_a_single_mouse(tmp_path, said):
    file = write(tmp_path / "box 1_pose_est_v2.h5", 2, said=said)
    assert load_format(Source(file, tmp_path)) is jabs
    found = read(file).predictions  # neither what has no confidence nor what is at (0, 0)
    (point,) = found.itertuples(index=False, name=None)
    assert point == ("box_1", 0, 0, "", "nose", 100.5, 50.5, 1.0)


@pytest.mark.parametrize(
    ("version", "names"),
    [(3, ["animal8", "", "animal9", "animal8"]), (4, ["animal2", "", "animal1", "animal2"])],
)
@pytest.mark.parametrize("name", ["a_pose_est_v5.h5", "a.h5"])
def test_mice_go_by_identity_or_else_by_track(tmp_path, version, names, name):
    found = read(write(tmp_path / name, version)).predictions
    assert found["individual"].tolist() == names
    assert found[["video", "frame", "instance", "x", "y"]].to_numpy().tolist() == [
        ["a", 0, 0, 100.5, 50.5],
        ["a", 0, 1, 1.5, 1.5],
        ["a", 1, 0, 2.5, 2.5],
        ["a", 1, 1, 100.5, 50.5],
    ]  # the third of two mice is none


def test_what_marey_has_no_place_for_is_named(tmp_path):
    contents = read(write(tmp_path / "a_pose_est_v5.h5", 5))
    assert contents.left_out == ["static_objects (4)"]
    said = jabs.describe(Source(tmp_path / "a_pose_est_v5.h5", tmp_path))
    assert (said.several, said.predicted_videos, len(said.keypoints)) == (True, ["a"], 12)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("points", np.zeros((2, 3, 11, 2)), "points have the shape (2, 3, 11, 2)"),
        ("confidence", np.zeros((2, 2, 12)), "confidence (2, 2, 12)"),
        ("points", np.zeros((2, 12)), "expected 3 dimensions"),
        ("instance_embed_id", np.array([[1, 1, 0], [1, 2, 0]]), "one identity to two mice in frame 0"),
        ("instance_embed_id", np.zeros((2, 2)), "instance_embed_id has the shape (2, 2)"),
    ],
)
def test_a_broken_file_is_named_with_the_place(tmp_path, name, value, said):
    file = write(tmp_path / "a.h5", 4)
    with h5py.File(file, "a") as tree:
        del tree["poseest"][name]
        tree["poseest"][name] = value
    (fault,) = read(file).faults
    assert said in fault.detail


def test_a_damaged_file_is_known_by_its_name(tmp_path):
    file = write(tmp_path / "a_pose_est_v4.h5", 4)
    file.write_bytes(file.read_bytes()[:900])
    source = Source(file, tmp_path)
    assert load_format(source) is jabs
    assert jabs.describe(source).predicted_videos == ["a"]
    assert "not a whole HDF5 file" in read(file).faults[0].detail


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="sample data absent: set MAREY_DATA")
def test_real_files_hold_what_has_a_confidence():
    single, several = (read(SAMPLES / f"example_pose_est_v{version}.h5") for version in (2, 5))
    assert (len(single.predictions), len(several.predictions)) == (1200, 10183)
    first = several.predictions.iloc[0]
    assert tuple(first[["individual", "keypoint", "x", "y"]]) == ("animal2", "nose", 99.5, 247.5)
