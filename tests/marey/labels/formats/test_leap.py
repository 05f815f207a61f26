import os
from pathlib import Path

import numpy as np
import pytest

from marey.labels import sources
from marey.labels.formats import _matlab, leap
from marey.labels.reading import Source

from ... import matlab

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[4] / "../shared/data")) / "14_label_formats"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="sample data absent: set MAREY_DATA")
SKELETON = {"nodes": ["nose", "ear L", "tail"], "edges": np.array([[1, 2], [1, 3]])}
BOX = "D:\\lab\\mouse 1.h5"


@pytest.fixture(autouse=True)
def at_once(monkeypatch, tmp_path):
    """Read in this process, which spares the start of another."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(_matlab, "call_apart", lambda function, *arguments: function(*arguments))


def positions(frames: int = 5) -> np.ndarray:
    """Make positions of three joints, with a dot in frame 3 and a joint without a position."""
    found = np.full((3, 2, frames), np.nan)
    found[:2, :, -2] = [[101, 51], [20, 30]]
    return found


def write(folder: Path, version: str = "5", **more) -> Source:
    content = {"boxPath": BOX, "skeleton": SKELETON, "positions": positions(), "initialization": positions()} | more
    return Source(matlab.write(folder / "a.labels.mat", content, version), folder)


@pytest.mark.parametrize("version", ["5", "7.3"])
@pytest.mark.parametrize(("pixels", "dot"), [("auto", (100.5, 50.5)), ("corner", (101, 51))])
def test_a_dot_at_column_100_and_row_50_is_where_leap_put_it(tmp_path, version, pixels, dot):
    source = write(tmp_path, version)._replace(pixels=pixels)  # MATLAB calls the first column 1
    assert sources.load_format(source) is leap
    contents = leap.read(source)
    assert tuple(contents.labels.loc[0, ["x", "y"]]) == dot
    assert tuple(contents.labels.loc[0, ["video", "frame", "individual", "row"]]) == ("mouse_1", 3, "animal", 4)
    assert contents.labels["visibility"].tolist() == ["visible", "visible", "unlabelled"]
    assert contents.left_out == ["positions that a network proposed"]


def test_names_and_lines_of_the_skeleton(tmp_path):
    said = leap.describe(write(tmp_path)._replace(videos={"mouse 1": "m1"}))
    assert said.keypoints == ["nose", "ear L", "tail"]
    assert said.skeleton == [["nose", "ear L"], ["nose", "tail"]]
    assert said.videos == ["m1"]
    assert leap.describe(write(tmp_path, skeleton=3)).keypoints == ["keypoint1", "keypoint2", "keypoint3"]


def test_a_single_frame_has_no_axis_for_frames(tmp_path):
    flat = np.array([[101.0, 51], [20, 30], [np.nan, np.nan]])
    assert leap.read(write(tmp_path, positions=flat)).labels["frame"].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"positions": np.zeros((3, 3, 4))}, "positions has the shape (3, 3, 4); expected joints x 2 x frames"),
        ({"positions": "none"}, "positions has the shape None"),
        ({"boxPath": 3}, "boxPath is no path"),
        ({"skeleton": {"nodes": ["nose"]}}, "the skeleton has 1 nodes, but positions has 3 joints"),
        ({"skeleton": {"nodes": ["a", "a", "b"]}}, "nodes of the skeleton: 'a' is there 2 times"),
    ],
)
def test_a_broken_file_says_what_is_wrong(tmp_path, more, expected):
    source = write(tmp_path, **more)
    assert leap.describe(source).keypoints is None
    (fault,) = leap.read(source).faults
    assert expected in fault.detail


@needs_data
def test_the_sample_file():
    contents = leap.read(Source(DATA / "leap_mat/labels.mat", DATA))
    assert contents.faults == []
    assert (len(contents.labels), contents.labels["visibility"].eq("visible").sum()) == (258, 248)
    first = contents.labels.iloc[0]
    assert (first["x"], first["y"]) == pytest.approx((114.37306 - 0.5, 63.461918 - 0.5), abs=1e-4)
