import os
from pathlib import Path

import numpy as np
import pytest

from marey.labels import sources
from marey.labels.formats import _matlab, label3d
from marey.labels.reading import Source

from ... import matlab

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[4] / "../shared/data"))
SAMPLE = DATA / "12_mouse1_6cam_dannce_label3d/label3d_dannce.mat"
needs_data = pytest.mark.skipif(not SAMPLE.is_file(), reason="sample data absent: set MAREY_DATA")
NAN = np.nan


@pytest.fixture(autouse=True)
def at_once(monkeypatch, tmp_path):
    """Read in this process, which spares the start of another."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(_matlab, "call_apart", lambda function, *arguments: function(*arguments))


def label(points, frames=(27, 72)) -> dict:
    """Make the labels of a camera; `points` are (x1, y1, x2, y2) at each time."""
    return {"data_2d": np.array(points, float), "data_3d": np.zeros((len(points), 6)), "data_frame": np.array([frames])}


GOOD = label([(101, 51, 20, 30), (1, 2, NAN, NAN)])


def write(folder: Path, version: str = "5", **more) -> Source:
    content = {"camnames": ["top", "Side 1"], "labelData": [GOOD, label([(5, 6, 7, 8), (NAN,) * 4])], "sync": [1.0]}
    return Source(matlab.write(folder / "a_dannce.mat", content | more, version), folder)


@pytest.mark.parametrize("version", ["5", "7.3"])
@pytest.mark.parametrize(("pixels", "dot"), [("auto", (100.5, 50.5)), ("centre", (101.5, 51.5))])
def test_a_dot_at_column_100_and_row_50_is_where_label3d_put_it(tmp_path, version, pixels, dot):
    source = write(tmp_path, version)._replace(pixels=pixels)  # MATLAB calls the first column 1
    assert sources.load_format(source) is label3d
    contents = label3d.read(source)
    assert tuple(contents.labels.loc[0, ["x", "y"]]) == dot
    assert contents.labels[["video", "frame", "keypoint", "visibility", "row"]].to_numpy().tolist() == [
        ["top", 27, "keypoint1", "visible", 1],
        ["top", 27, "keypoint2", "visible", 1],
        ["top", 72, "keypoint1", "visible", 2],
        ["top", 72, "keypoint2", "unlabelled", 2],
        ["Side_1", 27, "keypoint1", "visible", 1],
        ["Side_1", 27, "keypoint2", "visible", 1],
    ]
    assert contents.left_out == ["points in 3D", "synchronisation"]


def test_names_of_points_and_videos(tmp_path):
    source = write(tmp_path, skeleton={"joint_names": ["nose", "tail"]})._replace(videos={"Side 1": "cam2"})
    said = label3d.describe(source)
    assert (said.keypoints, list(said.videos)) == (["nose", "tail"], ["top", "cam2"])
    contents = label3d.read(source._replace(videos={"Side 1": "top"}))
    assert contents.labels.empty
    assert "top and Side 1 would be one video, 'top'" in contents.faults[0].detail
    one = write(tmp_path, camnames="top", labelData=[GOOD])
    assert list(label3d.describe(one).videos) == ["top"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"camnames": ["top"]}, "camnames names 1 cameras, but labelData is of 2"),
        ({"camnames": ["top", "top"]}, "camnames: 'top' is there 2 times"),
        ({"labelData": [GOOD, 3.0]}, "labelData{2}.data_2d has the shape None"),
        ({"labelData": [GOOD, label([(1, 2, 3), (4, 5, 6)])]}, "labelData{2}.data_2d has the shape (2, 3)"),
        ({"labelData": [GOOD, label([(1, 2, 3, 4)])]}, "labelData{2}.data_frame has 2 frames, but data_2d 1 times"),
        ({"labelData": [GOOD, label([(1, 2)] * 2)]}, "the cameras have 1, 2 keypoints"),
        ({"labelData": [GOOD, label([(1, 2, 3, 4)] * 2, (-1, 2.5))]}, "a frame that is no whole number from 0"),
        ({"labelData": 3.0}, "labelData is empty"),
    ],
)
def test_a_broken_file_says_what_is_wrong(tmp_path, more, expected):
    source = write(tmp_path, **more)
    assert label3d.describe(source).keypoints is None
    (fault,) = label3d.read(source).faults
    assert expected in fault.detail


@needs_data
def test_the_sample_file():
    source = Source(SAMPLE, DATA)
    assert list(label3d.describe(source).videos) == [f"Camera{number}" for number in range(1, 7)]
    contents = label3d.read(source)
    assert contents.labels["visibility"].value_counts().to_dict() == {"visible": 6 * 1715, "unlabelled": 6 * 67}
    assert contents.labels["frame"].unique()[:3].tolist() == [27, 72, 168]
    first = contents.labels.iloc[0]
    assert (first["x"], first["y"]) == pytest.approx((820.98265607 - 0.5, 388.68802597 - 0.5))
