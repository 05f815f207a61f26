import itertools
import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from marey.labels.formats import _hdf_tree, sleap, sleap_analysis
from marey.labels.reading import Source
from marey.labels.sources import load_format

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[4] / "../shared/data"))
SAMPLES = DATA / "14_label_formats/sleap_analysis_h5"
needs_data = pytest.mark.skipif(not SAMPLES.is_dir(), reason="sample data absent: set MAREY_DATA")
AXES = ("frame", "track", "node", "xy")


@pytest.fixture(autouse=True)
def at_once(monkeypatch, tmp_path):
    """Read in this process, which spares the start of another: files of these tests kill nobody."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for module in (sleap_analysis, _hdf_tree):
        monkeypatch.setattr(module, "call_apart", lambda function, *arguments: function(*arguments))


def write(
    path: Path, order: tuple, *, dims=False, tracks=("Ann", "Bob"), nodes=("nose", "neck", "tail"), frames=5
) -> Path:
    """Write an analysis file as SLEAP does: a dot at column 100, row 50 of frame 2, one px further right a node."""
    points = np.full((frames, max(len(tracks), 1), len(nodes), 2), np.nan)
    points[min(2, frames - 1), -1] = [(100 + at, 50) for at in range(len(nodes))]
    three = [axis for axis in order if axis != "xy"]
    with h5py.File(path, "w") as file:
        file["tracks"] = points.transpose([AXES.index(axis) for axis in order])
        scores = np.where(np.isnan(points[..., 0]), np.nan, 0.75)
        file["point_scores"] = scores.transpose([AXES[:3].index(axis) for axis in three])
        if dims:
            file["tracks"].attrs["dims"] = json.dumps(order)
        file["node_names"] = [name.encode() for name in nodes]
        file["track_names"] = [name.encode() for name in tracks] if tracks else np.zeros(0)
        file["edge_inds"] = np.array([[0, 1]], np.int32)
        file["video_path"] = "D:/lab\\cam 1.mp4"
    return path


def read(path: Path, **said):
    return sleap_analysis.read(Source(path, path.parent, **said))


@pytest.mark.parametrize("order", list(itertools.permutations(AXES)))
def test_a_dot_at_column_100_and_row_50_in_any_order_of_axes(tmp_path, order):
    file = write(tmp_path / "a.h5", order, dims=True)
    table = read(file).predictions
    assert table["x"].tolist() == [100.5, 101.5, 102.5]
    assert table["y"].tolist() == [50.5] * 3
    assert table["keypoint"].tolist() == ["nose", "neck", "tail"]
    assert table.loc[0, ["video", "frame", "instance", "individual"]].tolist() == ["cam_1", 2, 0, "Bob"]
    assert table["confidence"].tolist() == [0.75] * 3


@pytest.mark.parametrize("order", sleap_analysis.USUAL_ORDERS)
@pytest.mark.parametrize("tracks", [(), ("Ann", "Bob")])
@pytest.mark.parametrize("frames", [1, 5])
def test_orders_that_are_not_said_follow_from_names(tmp_path, order, tracks, frames):
    table = read(write(tmp_path / "a.h5", order, tracks=tracks, frames=frames)).predictions
    assert table["x"].tolist() == [100.5, 101.5, 102.5]
    assert set(table["frame"]) == {min(2, frames - 1)}
    assert set(table["individual"]) == {tracks[-1] if tracks else ""}


def test_what_the_file_says_of_itself(tmp_path):
    file = write(tmp_path / "a.analysis.h5", AXES)
    source = Source(file, tmp_path, videos={"cam 1": "c"})
    assert load_format(source) is sleap_analysis
    said = sleap_analysis.describe(source)
    assert (said.keypoints, said.skeleton) == (["nose", "neck", "tail"], [["nose", "neck"]])
    assert (said.individuals, said.predicted_videos, said.predicted) == (["Ann", "Bob"], ["c"], True)


def test_points_that_a_person_corrected_are_sure(tmp_path):
    file = write(tmp_path / "a.h5", AXES)
    with h5py.File(file, "a") as tree:
        del tree["point_scores"]
    contents = read(file)
    assert contents.predictions["confidence"].tolist() == [1, 1, 1]
    assert any("3 points have no score" in what for what in contents.left_out)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ({"tracks": np.zeros((5, 2, 4, 2))}, "expected 3 for node, 2 for xy, 2 for track"),
        ({"tracks": np.zeros((5, 2))}, "has the shape (5, 2)"),
        ({"tracks": np.full((5, 2, 3, 2), b"x")}, "expected numbers"),
        ({"point_scores": np.zeros((5, 2, 4))}, "tracks and point_scores differ"),
        ({"node_names": [b"a", b"a", b"b"]}, "'a' is there 2 times"),
    ],
)
def test_a_broken_file_is_named_with_the_place(tmp_path, harm, said):
    file = write(tmp_path / "a.h5", AXES)
    with h5py.File(file, "a") as tree:
        for name, value in harm.items():
            del tree[name]
            tree[name] = value
    contents = read(file)
    (fault,) = contents.faults
    assert said in fault.detail
    assert contents.predictions is None


@needs_data
@pytest.mark.parametrize("name", ["simple_matlab", "simple_standard", "multi_matlab"])
def test_expected_values_of_samples(name):
    expected = json.loads((SAMPLES / f"{name}.expected.json").read_text())
    points = [
        (frame["frameIdx"], at, node, x + 0.5, y + 0.5, pytest.approx(score))
        for frame in expected["frames"]
        for at, instance in enumerate(frame["instances"])
        for node, (x, y, score) in zip(expected["nodeNames"], instance["points"], strict=True)
    ]
    columns = ["frame", "instance", "keypoint", "x", "y", "confidence"]
    found = read(SAMPLES / f"{name}.analysis.h5").predictions[columns]
    assert list(found.itertuples(index=False, name=None)) == points


@needs_data
def test_an_analysis_file_says_the_same_as_the_labels_it_was_made_of(monkeypatch):
    monkeypatch.setattr("marey.labels.formats._sleap_file.call_apart", lambda function, *rest: function(*rest))
    view = DATA / "09_mouse15_4cam_sleap_anipose/minimal_session/top/minimal_top_proofread"
    slp = view.with_suffix(".slp")
    one = read(view.with_suffix(".analysis.h5")).predictions
    other = sleap.read(Source(slp, slp.parent)).predictions
    assert one[["frame", "keypoint", "individual"]].equals(other[["frame", "keypoint", "individual"]])
    assert np.abs(one[["x", "y"]] - other[["x", "y"]]).to_numpy().max() < 1e-3
