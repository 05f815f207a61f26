"""Predictions of another tool instead of a network of Marey's own."""

import numpy as np
import pandas as pd
import pytest

from marey.tables import files
from marey.tables.smoothed import SMOOTHED

from .checkout import KEYPOINTS, Workflow, executed, make_video

OF_A_VIDEO = (
    "ingest_predictions",
    "track_video",
    "smooth_video",
    "render_video",
    "plot_trajectories",
    "plot_confidence",
)


@pytest.fixture(scope="module")
def predicted(tmp_path_factory) -> Workflow:
    """Two videos, both predicted by another tool, which was right, and not one label."""
    root = tmp_path_factory.mktemp("predicted")
    for seed, name in enumerate("ab"):
        truth = make_video(root / "data" / f"{name}.mp4", seed=seed)
        truth = truth[truth["keypoint"].isin(KEYPOINTS)]
        truth[["video", "frame", "individual", "keypoint", "x", "y"]].assign(confidence=0.9).to_csv(
            root / "data" / f"{name}_poses.csv", index=False
        )
    (root / "data" / "videos.tsv").write_text("video\tpath\na\ta.mp4\nb\tb.mp4\n")
    config = {"project": "p", "data": "data", "videos": "videos.tsv", "sample": {"frames_per_video": 3}}
    config |= {"predictions": {"sources": ["a_poses.csv", "b_poses.csv"]}, "render": {"duration": 0.5}}
    workflow = Workflow.checkout(root, config)
    workflow.first_output = workflow.forked(jobs=True)
    return workflow


def test_poses_are_tracked_smoothed_and_drawn_without_a_network(predicted):
    done = executed(predicted.first_output)
    assert {done[rule] for rule in OF_A_VIDEO} == {2}
    assert not {"train_model", "infer_shard", "ingest_labels", "assemble_video"} & set(done)
    found = files.read(predicted.results / "smoothed/a.parquet", SMOOTHED)
    truth = pd.read_csv(predicted.root / "data/a_poses.csv")
    both = found.merge(truth, on=["frame", "keypoint"], suffixes=("", "_true"))
    assert len(both) == len(truth)
    assert np.hypot(both["raw_x"] - both["x_true"], both["raw_y"] - both["y_true"]).max() < 0.01
    assert np.hypot(both["x"] - both["x_true"], both["y"] - both["y_true"]).median() < 1
    report = (predicted.results / "report.html").read_text()
    assert "all 2 videos are analysed" in report.replace("\N{NO-BREAK SPACE}", " ")
    assert "name the labels in labels.sources" not in report
    assert predicted.planned() == {}


def test_an_edit_to_the_predictions_of_a_video_touches_that_video_alone(predicted):
    path = predicted.root / "data/b_poses.csv"
    text = path.read_text()
    path.write_text(text.replace("0.9", "0.8"))
    planned = predicted.planned()
    path.write_text(text)
    assert {planned[rule] for rule in OF_A_VIDEO} == {1}


def test_a_video_that_nobody_predicted_needs_a_network_and_the_others_do_not(predicted):
    labels = "video,frame,individual,keypoint,x,y\n" + "".join(
        f"b,{frame},animal,{name},5,6\n" for frame in range(6) for name in KEYPOINTS
    )
    (predicted.root / "data/labels.csv").write_text(labels)
    mixed = {"labels": {"sources": ["labels.csv"]}, "keypoints": KEYPOINTS}
    planned = predicted.with_config(**mixed, predictions={"sources": ["a_poses.csv"]}).planned()
    assert planned["train_model"] == 1
    assert "ingest_predictions" not in planned
    planned = predicted.with_config(**mixed).planned()
    assert planned["ingest_labels"] == planned["evaluate_tracks"] == 1
    assert not {"train_model", "infer_shard"} & set(planned)


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (["a_poses.csv", "c_poses.csv"], "c_poses.csv: video 'a' is predicted in another source too; keep one"),
        ([{"path": "a_poses.csv", "videos": {"a": "mouse"}}], "a_poses.csv: holds 'mouse', not in the sheet"),
        (["none.csv"], "predictions.sources: data/none.csv: no such file or folder"),
        (["videos.tsv"], "predictions.sources: videos.tsv is in no format that Marey knows"),
    ],
)
def test_sources_that_do_not_fit_are_named(predicted, sources, message):
    (predicted.root / "data/c_poses.csv").write_text((predicted.root / "data/a_poses.csv").read_text())
    workflow = predicted.with_config(predictions={"sources": sources})
    assert message in workflow.forked("--dry-run", check=False)
