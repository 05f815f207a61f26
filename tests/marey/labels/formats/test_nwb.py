import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from marey.labels.formats import _nwb_file, nwb
from marey.labels.reading import Source
from marey.labels.sources import load_format

DATA = Path(os.environ.get("MAREY_DATA", Path(__file__).parents[4] / "../shared/data"))
SAMPLES = DATA / "14_label_formats/nwb"
OPENFIELD = DATA / "01_openfield_dlc_single/dlc_predictions_on_m3v1"
needs_data = pytest.mark.skipif(not SAMPLES.is_dir(), reason="sample data absent: set MAREY_DATA")
SLEAP = (
    "The coordinates are in (x, y) relative to the top-left of the image. Coordinates refer to the midpoint of the "
    "pixel. That is, the midpoint of the top-left pixel is at (0, 0), whereas the top-left corner of that same pixel "
    "is at (-0.5, -0.5)."
)
DLC2NWB = "(0,0) corresponds to the bottom left corner of the video."
MAREY = "(0, 0) is the top left corner of the image, x to the right, y down; pixel centres are at whole numbers + 0.5."


@pytest.fixture(autouse=True)
def at_once(monkeypatch, tmp_path):
    """Read in this process, which spares the start of another: files of these tests kill nobody."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(_nwb_file, "call_apart", lambda function, *arguments: function(*arguments))


def typed(parent: h5py.Group, name: str, kind: str, **attributes) -> h5py.Group:
    group = parent.create_group(name)
    group.attrs.update({"neurodata_type": kind, **attributes})
    return group


def skeleton(file: h5py.File, nodes=("nose", "tail")) -> None:
    typed(file, "processing/behavior/Skeletons", "Skeletons")
    group = typed(file, "processing/behavior/Skeletons/mouse", "Skeleton")
    group["nodes"], group["edges"] = [name.encode() for name in nodes], np.array([[0, 1]], np.uint8)


def estimation(
    file, name, positions, *, times=None, rate=None, start=0.0, origin=SLEAP, software="DeepLabCut", said=""
):
    """Write the estimation of an animal as ndx-pose does: `positions` by keypoint, each (x, y) a frame."""
    group = typed(file, f"processing/behavior/{name}", "PoseEstimation")
    group["source_software"], group["original_videos"] = software, [b"D:\\lab\\cam 1.mp4"]
    if "processing/behavior/Skeletons" in file:
        group["skeleton"] = h5py.SoftLink("/processing/behavior/Skeletons/mouse")
    for keypoint, places in positions.items():
        series = typed(group, keypoint, "PoseEstimationSeries", description=said.format(keypoint))
        series["data"] = np.array(places, float)
        series["data"].attrs["unit"] = "pixels"
        series["confidence"] = np.full(len(places), 0.75)
        if origin:
            series["reference_frame"] = origin
        if times is not None:
            series["timestamps"] = np.array(times, float)
        elif rate:
            series["starting_time"] = start
            series["starting_time"].attrs["rate"] = rate
    return group


def read(path: Path, **said):
    return nwb.read(Source(path, path.parent, **said))


@pytest.mark.parametrize(
    ("origin", "pixels", "dot", "assumed"),
    [
        (SLEAP, "auto", (100.5, 50.5), False),
        (DLC2NWB, "auto", (100.5, 50.5), True),  # y is stored from the top, whatever it says
        ("", "auto", (100.5, 50.5), True),
        (MAREY, "auto", (100, 50), False),
        (DLC2NWB, "corner", (100, 50), False),
    ],
)
def test_a_dot_at_column_100_and_row_50_by_the_words_for_the_origin(tmp_path, origin, pixels, dot, assumed):
    with h5py.File(tmp_path / "a.nwb", "w") as file:
        estimation(file, "PoseEstimation", {"nose": [(100, 50)]}, origin=origin)
    source = Source(tmp_path / "a.nwb", tmp_path)
    assert load_format(source) is nwb
    contents = read(source.path, pixels=pixels)
    assert contents.predictions.iloc[0].tolist() == ["cam_1", 0, 0, "", "nose", *dot, 0.75]
    assert any("pixel centres are taken" in what for what in contents.left_out) == assumed


@pytest.mark.parametrize(
    ("told", "frames"),
    [
        ({"rate": 30.0}, [0, 1, 2]),
        ({"rate": 30.0, "start": 12.5}, [0, 1, 2]),  # by the clock of the recording
        ({"rate": 30.0, "start": 0.1, "software": "SLEAP"}, [3, 4, 5]),
        ({"times": [7, 9, 12], "software": "SLEAP"}, [7, 9, 12]),
        ({"times": [0.1, 0.2, 0.5], "software": "Marey"}, [1, 2, 5]),
        ({"times": [5.0, 5.1, 5.4]}, [0, 1, 4]),
        ({"times": [0.0, 0.03, 0.075]}, [0, 1, 2]),  # of a camera that is not even
    ],
)
def test_frames_follow_from_times(tmp_path, told, frames):
    with h5py.File(tmp_path / "a.nwb", "w") as file:
        estimation(file, "PoseEstimation", {"nose": [(1, 1), (2, 2), (3, 3)]}, **told)
    assert read(tmp_path / "a.nwb").predictions["frame"].tolist() == frames


def test_animals_of_several_estimations_of_a_video(tmp_path):
    nan = (np.nan, np.nan)
    with h5py.File(tmp_path / "a.nwb", "w") as file:
        skeleton(file)
        estimation(file, "track=Ann", {"nose": [nan, (1, 1)], "tail": [nan, (2, 2)]}, rate=1.0, software="SLEAP")
        estimation(file, "track=Bob", {"tail": [(3, 3), (4, 4)]}, rate=1.0, software="SLEAP")
        file["acquisition/lick"] = [1.0]
    contents = read(tmp_path / "a.nwb")
    columns = ["frame", "instance", "individual", "keypoint", "x"]
    assert contents.predictions[columns].to_numpy().tolist() == [
        [0, 0, "Bob", "tail", 3.5],
        [1, 0, "Ann", "nose", 1.5],
        [1, 0, "Ann", "tail", 2.5],
        [1, 1, "Bob", "tail", 4.5],
    ]
    assert contents.left_out == ["acquisition/lick"]
    said = nwb.describe(Source(tmp_path / "a.nwb", tmp_path, videos={"cam 1": "c"}))
    assert (said.keypoints, said.skeleton, said.several) == (["nose", "tail"], [["nose", "tail"]], True)
    assert (said.predicted_videos, said.videos, said.predicted) == (["c"], [], True)


def test_the_individual_may_stand_in_the_description(tmp_path):
    with h5py.File(tmp_path / "a.nwb", "w") as file:
        group = estimation(file, "PoseEstimation", {"ind1_nose": [(1, 1)]})
        group["ind1_nose"].attrs["description"] = "Keypoint nose from individual ind1."
        group["nodes"] = [b"ind1_nose"]
    assert read(tmp_path / "a.nwb").predictions[["individual", "keypoint"]].to_numpy().tolist() == [["ind1", "nose"]]
    assert nwb.describe(Source(tmp_path / "a.nwb", tmp_path)).keypoints == ["nose"]


def test_series_of_neuroconv_are_of_the_nodes_that_they_spell(tmp_path):
    with h5py.File(tmp_path / "a.nwb", "w") as file:
        skeleton(file, ("left_ear", "tail"))
        estimation(
            file, "PoseEstimation", {"PoseEstimationSeriesLeftEar": [(1, 1)], "PoseEstimationSeriesTail": [(2, 2)]}
        )
    assert read(tmp_path / "a.nwb").predictions["keypoint"].tolist() == ["left_ear", "tail"]


def training(file: h5py.File, animals: int) -> None:
    """Write a training frame with a hidden and a missing point as ndx-pose does."""
    skeleton(file, ("nose", "tail", "ear"))
    video = typed(file, "processing/behavior/PoseTraining/source_videos/video_0", "ImageSeries")
    video["external_file"] = [b"/old/cam 1.mp4"]
    file["processing/behavior/PoseTraining"].attrs["neurodata_type"] = "PoseTraining"
    frame = typed(
        file,
        "processing/behavior/PoseTraining/training_frames/frame_0",
        "TrainingFrame",
        source_video_frame_index=np.uint32(300),
        annotator="Eve",
    )
    frame["source_video"] = h5py.SoftLink(video.name)
    for at in range(animals):
        instance = typed(frame, f"skeleton_instances/instance_{at}", "SkeletonInstance")
        instance["skeleton"] = h5py.SoftLink("/processing/behavior/Skeletons/mouse")
        instance["node_locations"] = np.array([(100, 50), (10, 20), (np.nan, np.nan)]) + at
        instance["node_visibility"] = np.array([True, False, False])


@pytest.mark.parametrize(("animals", "names"), [(1, {"animal"}), (2, {"animal1", "animal2"})])
def test_training_frames_are_labels(tmp_path, animals, names):
    with h5py.File(tmp_path / "a.nwb", "w") as file:
        training(file, animals)
    contents = read(tmp_path / "a.nwb")
    first = contents.labels[contents.labels["row"] == 1]
    assert first["visibility"].tolist() == ["visible", "occluded", "unlabelled"]
    assert first.iloc[0][["video", "frame", "x", "y", "annotator"]].tolist() == ["cam_1", 300, 100.5, 50.5, "Eve"]
    assert set(contents.labels["individual"]) == names
    assert nwb.describe(Source(tmp_path / "a.nwb", tmp_path)).videos == ["cam_1"]


def test_two_videos_of_one_name_are_told_apart_by_the_config_alone(tmp_path):
    with h5py.File(tmp_path / "a.nwb", "w") as file:
        training(file, 1)
        estimation(file, "PoseEstimation", {"nose": [(1, 1)]})
    contents = read(tmp_path / "a.nwb")
    assert [fault.reason for fault in contents.faults] == ["conflict"]
    assert len(contents.labels) == len(contents.predictions) == 0
    contents = read(tmp_path / "a.nwb", videos={"/old/cam 1.mp4": "old", "D:\\lab\\cam 1.mp4": "new"})
    assert (set(contents.labels["video"]), set(contents.predictions["video"])) == ({"old"}, {"new"})


def test_a_broken_file_is_named_with_the_place(tmp_path):
    file = tmp_path / "a.nwb"

    def harmed(harm) -> str:
        with h5py.File(file, "w") as tree:
            training(tree, 2)
            group = estimation(tree, "PoseEstimation", {"nose": [(1, 1)]})
            del group["original_videos"]
            harm(tree["processing/behavior"])
        (fault,) = read(file).faults
        return f"{fault.row}: {fault.detail}"

    def shorter(tree):
        del tree["PoseTraining/training_frames/frame_0/skeleton_instances/instance_1/node_locations"]
        tree["PoseTraining/training_frames/frame_0/skeleton_instances/instance_1/node_locations"] = np.zeros((2, 2))

    def unequal(tree):
        del tree["PoseEstimation/nose/confidence"]
        tree["PoseEstimation/nose/confidence"] = np.zeros(3)

    assert "3 nodes, (2, 2) locations" in harmed(shorter)
    assert harmed(shorter).startswith("2: ")
    assert "1 positions and 3 confidences" in harmed(unequal)
    assert "is in meters; expected pixels" in harmed(
        lambda tree: tree["PoseEstimation/nose/data"].attrs.update({"unit": "meters"})
    )
    assert "does not say which frame" in harmed(
        lambda tree: tree["PoseTraining/training_frames/frame_0"].attrs.pop("source_video_frame_index")
    )
    with h5py.File(file, "w") as tree:
        tree["acquisition/lick"] = [1.0]
    assert "no poses of ndx-pose" in read(file).faults[0].detail


@needs_data
def test_real_files_of_old_and_new_versions():
    poses = {name: read(SAMPLES / f"{name}.nwb") for name in ("legacy.pose", "minimal.pose", "minimal.annotations")}
    assert [len(contents.predictions) for contents in poses.values()] == [4, 8, 0]
    assert poses["minimal.pose"].predictions["x"].tolist()[:2] == [10.5, 30.5]
    assert poses["minimal.annotations"].labels["visibility"].value_counts().to_dict() == {"visible": 8, "unlabelled": 1}
    assert poses["minimal.annotations"].labels["frame"].unique().tolist() == [0, 5]


@needs_data
def test_deeplabcuts_predictions_are_the_same_from_both_files():
    pandas = pytest.importorskip("pandas")
    (file,) = OPENFIELD.glob("*.nwb")
    table = pandas.read_hdf(file.with_suffix(".h5")).droplevel("scorer", axis=1)
    for keypoint, rows in read(file).predictions.groupby("keypoint"):
        assert np.allclose(rows[["x", "y"]].to_numpy() - 0.5, table[keypoint][["x", "y"]].to_numpy(), atol=1e-3)
        assert rows["frame"].tolist() == list(range(len(table)))
