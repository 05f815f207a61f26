import io
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from marey.labels import ingest_labels
from marey.labels.formats import _hdf_tree, deepposekit
from marey.labels.reading import Source
from marey.labels.sources import load_format

NAMES = "name,parent,swap\nhead,,\nleft wing,head,right wing\nright wing,head,left wing\n"
NAN = np.nan


@pytest.fixture(autouse=True)
def at_once(monkeypatch, tmp_path):
    """Read in this process, which spares the start of another: files of these tests kill nobody."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for module in (deepposekit, _hdf_tree):
        monkeypatch.setattr(module, "call_apart", lambda function, *arguments: function(*arguments))


def write(folder: Path, points=None, annotated=None, *, names=NAMES, channels=1) -> Path:
    """Write a set as DeepPoseKit does: three images with a dot at column 100, row 50; the head is there."""
    images = np.zeros((3, 80, 120, channels), np.uint8)
    images[:, 50, 100] = 255
    if points is None:
        points = np.array([[(100, 50), (10, 20), (30, 40)]] * 3, float) + np.arange(3)[:, None, None] * [0, 1]
    with h5py.File(folder / "flies.h5", "w") as file:
        file["images"] = images
        file["annotations"] = np.array(points, float)
        file["annotated"] = np.ones((3, 3), bool) if annotated is None else np.array(annotated, bool)
        file["skeleton"] = np.array([(-1, -1), (0, 2), (0, 1)], np.int32)
    if names:
        (folder / "skeleton.csv").write_text(names)
    return folder / "flies.h5"


def read(path: Path, **said):
    return deepposekit.read(Source(path, path.parent, **said))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_dot_in_the_image_inside_is_where_its_label_says(tmp_path, channels):
    file = write(tmp_path, channels=channels)
    assert load_format(Source(file, tmp_path)) is deepposekit
    contents = read(file)
    first = contents.labels.iloc[0]
    assert first[["video", "frame", "individual", "keypoint"]].tolist() == ["flies", 0, "animal", "head"]
    pixels = np.asarray(Image.open(io.BytesIO(contents.images[first["image"]])).convert("L"))
    row, column = np.argwhere(pixels == 255)[0]
    assert (first["x"], first["y"]) == (column + 0.5, row + 0.5) == (100.5, 50.5)
    assert len(contents.images) == 3


def test_names_and_edges_stand_beside_it(tmp_path):
    file = write(tmp_path)
    (tmp_path / "other.csv").write_text("name,parent,swap\na,,\n")
    said = deepposekit.describe(Source(file, tmp_path))
    assert said.keypoints == ["head", "left wing", "right wing"]
    assert said.skeleton == [["head", "left wing"], ["head", "right wing"]]
    assert deepposekit.inputs(file) == [file, tmp_path / "skeleton.csv"]
    assert read(file).left_out == ["swaps of left and right"]


def test_what_is_not_marked_is_unlabelled(tmp_path):
    marked = [[True, False, True], [False, False, False], [True, True, True]]
    labels = read(write(tmp_path, annotated=marked)).labels
    assert labels["row"].tolist() == [1, 1, 1, 3, 3, 3]
    assert labels["visibility"].tolist() == ["visible", "unlabelled", "visible", *["visible"] * 3]
    assert np.isnan(labels["x"][1])


def test_where_nothing_is_marked_all_that_was_moved_counts(tmp_path):
    points = [[(1, 1), (2, 2), (3, 3)], [(0, 0)] * 3, [(4, 4), (5, 5), (6, 6)]]
    contents = read(write(tmp_path, points, np.zeros((3, 3))))
    assert contents.labels["row"].unique().tolist() == [1, 3]
    assert any("no point is marked as annotated: 6 are taken" in what for what in contents.left_out)


@pytest.mark.parametrize("point", [(0, 0), (60, 40)])
def test_a_set_that_nobody_touched_is_an_error(tmp_path, point):
    write(tmp_path, [[point] * 3] * 3, np.zeros((3, 3)))
    with pytest.raises(Exception, match="flies.h5: bad_file: holds no labelled point"):
        ingest_labels.ingest(["flies.h5"], data=tmp_path, keypoints=("head",), videos={}, on_error="stop")


def test_without_names_keypoints_are_numbered_and_it_is_said(tmp_path):
    contents = read(write(tmp_path, names=""))
    assert contents.labels["keypoint"].unique().tolist() == ["keypoint1", "keypoint2", "keypoint3"]
    assert any("no CSV with name and parent" in what for what in contents.left_out)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ({"names": "name,parent\na,\nb,a\n"}, "has 3 keypoints, and skeleton.csv names 2"),
        ({"names": "name,parent\na,\na,a\nb,\n"}, "skeleton.csv: 'a' is there 2 times"),
        ({"points": np.zeros((2, 3, 2))}, "(2, 3, 2)"),
        ({"annotated": np.ones((3, 4))}, "(3, 4)"),
        ({"points": np.zeros((3, 3))}, "expected 3 dimensions"),
    ],
)
def test_a_broken_set_is_named_with_the_place(tmp_path, harm, said):
    (fault,) = read(write(tmp_path, **harm)).faults
    assert said in fault.detail
