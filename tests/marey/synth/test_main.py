import av
import numpy as np
import pandas as pd
import pytest

from marey.synth.__main__ import LABELLED, demo


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
        assert len(chosen) == LABELLED
        assert chosen.min() == 0
        assert chosen.max() == 29
    both = labels.merge(exact, on=["video", "frame", "individual", "keypoint"], suffixes=("", "_exact"))
    assert len(both) == len(labels) == 3 * LABELLED * 8
    np.testing.assert_allclose(both[["x", "y"]], both[["x_exact", "y_exact"]], rtol=1e-12)
    assert (both["visibility"] == both["visibility_exact"]).all()


def test_nothing_else_is_left_behind(folder):
    assert {path.name for path in folder.iterdir()} == {"videos", "videos.tsv", "labels.csv", "truth.parquet"}
    assert {path.name for path in (folder / "videos").iterdir()} == {"mouse1.mp4", "mouse2.mp4", "mouse3.mp4"}
