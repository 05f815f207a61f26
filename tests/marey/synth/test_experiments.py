from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
import yaml

from marey.experiment.config import load_config
from marey.experiment.sessions import check_calibrations, read_sessions
from marey.experiment.sheet import read_videos
from marey.synth.cameras import build_camera
from marey.synth.experiments import DEMO_LABELLED_FRAMES, MICE_COATS, MICE_LABELLED_FRAMES, demo, demo3d, mice
from marey.synth.scene import Scene

EXPERIMENTS = Path(__file__).parents[3] / "config" / "experiments"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "experiment"
    demo(folder, frames=30)
    return folder


def test_the_sheet_lists_the_videos(folder):
    sheet = pd.read_csv(folder / "videos.tsv", sep="\t")
    assert list(sheet.columns) == ["video", "path", "subject"]
    assert len(sheet) == 3
    assert sheet["subject"].is_unique
    for path in sheet["path"]:
        with av.open(str(folder / path)) as container:
            stream = container.streams.video[0]
            assert (stream.width, stream.height) == (320, 240)
            assert sum(1 for _ in container.decode(video=0)) == 30


def test_labels_are_a_part_of_the_truth(folder):
    labels, exact = pd.read_csv(folder / "labels.csv"), pd.read_parquet(folder / "truth.parquet")
    assert list(labels.columns) == list(exact.columns)
    assert exact.groupby("video")["frame"].nunique().tolist() == [30] * 3
    frames = labels.groupby("video")["frame"].unique()
    for chosen in frames:
        assert len(chosen) == DEMO_LABELLED_FRAMES
        assert chosen.min() == 0
        assert chosen.max() == 29
    both = labels.merge(exact, on=["video", "frame", "individual", "keypoint"], suffixes=("", "_exact"))
    assert len(both) == len(labels) == 3 * DEMO_LABELLED_FRAMES * 8
    np.testing.assert_allclose(both[["x", "y"]], both[["x_exact", "y_exact"]], rtol=1e-12)
    assert (both["visibility"] == both["visibility_exact"]).all()


def test_nothing_else_is_left_behind(folder):
    assert {path.name for path in folder.iterdir()} == {"videos", "videos.tsv", "labels.csv", "truth.parquet"}
    assert {path.name for path in (folder / "videos").iterdir()} == {"mouse1.mp4", "mouse2.mp4", "mouse3.mp4"}


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mice") / "experiment"
    mice(folder, frames=80)
    return folder


def test_several_mice_are_in_one_video(together):
    sheet = pd.read_csv(together / "videos.tsv", sep="\t")
    assert sheet.to_dict("records") == [{"video": "mice", "path": "videos/mice.mp4", "animals": 3}]
    with av.open(str(together / "videos/mice.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (320, 240)
        assert sum(1 for _ in container.decode(video=0)) == 80
    assert len(set(MICE_COATS)) == 3


def test_all_mice_are_labelled_in_frames_spread_in_time(together):
    labels, exact = pd.read_csv(together / "labels.csv"), pd.read_parquet(together / "truth.parquet")
    assert list(labels.columns) == list(exact.columns)
    frames = labels["frame"].unique()
    assert (len(frames), frames.min(), frames.max()) == (MICE_LABELLED_FRAMES, 0, 79)
    assert np.diff(frames).max() <= 2
    assert len(exact) == 80 * 3 * 8
    assert labels.groupby("frame")["individual"].nunique().eq(3).all()
    both = labels.merge(exact, on=["video", "frame", "individual", "keypoint"], suffixes=("", "_exact"))
    assert len(both) == len(labels) == MICE_LABELLED_FRAMES * 3 * 8
    np.testing.assert_allclose(both[["x", "y"]], both[["x_exact", "y_exact"]], rtol=1e-12)
    occluded = labels[labels["visibility"] == "occluded"]
    assert len(occluded)
    assert occluded[["x", "y"]].notna().all(axis=None)


def test_the_experiment_of_several_mice_is_taken_as_such(together):
    raw = yaml.safe_load((EXPERIMENTS / "mice.yaml").read_text())
    default = yaml.safe_load((EXPERIMENTS.parent / "config.yaml").read_text())
    config = load_config({**default, **raw, "data": str(together)})
    assert config["animals"]["method"] == "bottom_up"
    (video,) = read_videos(config).values()
    assert video["animals"] == "3"


@pytest.fixture(scope="module")
def seen_by_three(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo3d") / "experiment"
    demo3d(folder, frames=20, board_frames=2)
    return folder


def test_three_cameras_film_one_mouse_and_a_board(seen_by_three):
    config = load_config(yaml.safe_load((EXPERIMENTS / "demo3d.yaml").read_text()) | {"data": str(seen_by_three)})
    found = read_sessions(config, read_videos(config))
    assert list(found["mouse"]) == ["top", "front", "right"]
    check_calibrations(config, found)
    for camera in found["mouse"]:
        with av.open(str(seen_by_three / "calibration" / f"{camera}.mp4")) as container:
            assert sum(1 for _ in container.decode(video=0)) == 2


def test_truth_in_space_is_seen_where_the_truth_of_each_camera_is(seen_by_three):
    space = pd.read_parquet(seen_by_three / "truth3d.parquet").set_index(["frame", "individual", "keypoint"])
    assert len(space) == 20 * 8
    origin = np.array([-100, 62.5, 0])  # the corner of the board
    scene = Scene(cameras=("top", "front", "right"))
    exact = pd.read_parquet(seen_by_three / "truth.parquet").dropna(subset="x")
    for camera, rows in exact.groupby("video"):
        places = space.loc[list(zip(rows["frame"], rows["individual"], rows["keypoint"], strict=True))].to_numpy()
        seen, _ = build_camera(scene, camera.removeprefix("mouse_")).project(places + origin)
        np.testing.assert_allclose(seen, rows[["x", "y"]], atol=1e-6)
