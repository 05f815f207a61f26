"""Bad input: it is found early, it is named, and it does not stop what is sound."""

from pathlib import Path

import pandas as pd
import pytest

from .checkout import KEYPOINTS, Workflow, executed, jobs, make_video


@pytest.fixture(scope="module")
def unlabelled(tmp_path_factory) -> Workflow:
    """One sound video among broken ones, and no labels."""
    root = tmp_path_factory.mktemp("faults")
    data = root / "data"
    make_video(data / "sound.mp4", seed=0)
    whole = (data / "sound.mp4").read_bytes()
    (data / "truncated.mp4").write_bytes(whole[: len(whole) * 2 // 3])
    (data / "renamed.avi").write_bytes(whole)
    (data / "empty.mp4").touch()
    (data / "text.mp4").write_text("frame,x,y\n1,2,3\n" * 100)
    return Workflow.checkout(
        root, {"project": "faults", "data": "data", "videos": ".", "sample": {"frames_per_video": 2}}
    )


def test_broken_videos_are_reported_and_stop_nothing(unlabelled: Workflow):
    output = unlabelled.snakemake()
    assert executed(output) == {"probe_video": 5, "plot_videos": 1, "sample_frames": 1, "plot_sampled": 1}
    tables = [pd.read_parquet(path) for path in (unlabelled.results / "videos").glob("*/probe.parquet")]
    probe = pd.concat(tables).set_index("video")
    assert probe["status"].sort_index().to_dict() == {
        "empty": "empty",
        "renamed": "wrong_suffix",
        "sound": "ok",
        "text": "unreadable",
        "truncated": "unreadable",  # this container keeps its index at the end
    }
    assert (probe.drop("sound")["detail"] != "").all()
    samples = pd.read_parquet(unlabelled.results / "samples.parquet")
    assert set(samples["video"]) == {"renamed", "sound"}


def test_the_report_says_what_to_do_without_labels_and_about_broken_videos(unlabelled: Workflow):
    text = (unlabelled.results / "report.html").read_text()
    assert "3 videos could not be read (empty, text and truncated)" in text
    assert "No labels yet: label the 4 frames of 2 videos in samples.parquet" in text
    assert "The file is empty (0 bytes)." in text


def test_nothing_is_asked_for_again(unlabelled: Workflow):
    assert "Nothing to be done" in unlabelled.forked()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trian": {}}, "config: trian: unknown key; did you mean 'train'?"),
        ({"train": {"steps": "1e3"}}, "config: train.steps: expected a whole number, got '1e3'"),
        ({"videos": "nowhere.tsv"}, "data/nowhere.tsv: no such sheet"),
        (
            {"model": {"backbone": "resnet18", "weights": "nowhere.pth"}},
            "config: model.weights: data/nowhere.pth: no such file",
        ),
        ({"labels": {"sources": ["sound.mp4"]}}, "labels.sources: sound.mp4 is a video; name it under `videos`"),
    ],
)
def test_a_wrong_config_stops_before_any_job(unlabelled: Workflow, change, message):
    edited = unlabelled.with_config(keypoints=KEYPOINTS, **change)
    output = edited.forked(check=False)
    assert message in output
    assert executed(output) == {}


def test_a_key_that_is_there_twice_stops_before_any_job(unlabelled: Workflow):
    (unlabelled.root / "twice.yaml").write_text("train:\n  steps: 5\n  steps: 6\n")
    output = unlabelled.forked("--configfiles", "experiment.yaml", "twice.yaml", check=False)
    assert "twice.yaml: line 3: 'steps' is there already, in line 2" in output
    assert executed(output) == {}


def test_values_of_the_command_line_are_read_as_yaml(unlabelled: Workflow):
    assert "Nothing to be done" in unlabelled.forked("--config", "probe={thumbnail_interval: 0.5}", "seed=0")
    output = unlabelled.forked("--config", "probe={thumbnail_interval: .nan}", check=False)
    assert "config: probe.thumbnail_interval: expected a number, got '.nan'" in output


def test_a_run_without_a_single_video_stops_before_any_job(unlabelled: Workflow):
    (unlabelled.root / "data" / "sheet.tsv").write_text("video\tpath\ngone\tgone.mp4\n")
    edited = unlabelled.with_config(videos="sheet.tsv")
    output = edited.forked(check=False)
    assert f"video 'gone': {Path('data/gone.mp4')}: no such file" in output
    assert executed(output) == {}


def test_a_faulty_label_stops_its_own_job_and_names_the_row(unlabelled: Workflow):
    labels = unlabelled.root / "data" / "labels.csv"
    labels.write_text(
        "video,frame,individual,keypoint,x,y\nsound,0,m,snout,5,5\nsound,1,m,snuot,5,5\nsound,2,m,snout,-5,5\n"
    )
    edited = unlabelled.with_config(keypoints=KEYPOINTS, labels={"sources": ["labels.csv"]})
    output = edited.forked("--", "results/faults/labels/labels.parquet", check=False, jobs=True)
    assert "labels.csv" in output
    assert "row 3" in output or "line 3" in output
    assert "row 4" in output or "line 4" in output
    edited.config["labels"]["on_error"] = "drop"
    edited.forked("--", "results/faults/labels/labels.parquet", jobs=True)
    dropped = pd.read_parquet(edited.results / "labels" / "dropped.parquet")
    assert dropped[["row", "reason"]].to_numpy().tolist() == [[3, "unknown_keypoint"], [4, "outside_image"]]
    assert len(pd.read_parquet(edited.results / "labels" / "labels.parquet")) == 1


def test_after_a_failed_run_the_report_says_which_job_failed_and_why(unlabelled: Workflow):
    (unlabelled.root / "data" / "labels.csv").write_text("video,frame,individual,keypoint,x,y\nsound,1,m,snuot,5,5\n")
    edited = unlabelled.with_config(keypoints=KEYPOINTS, labels={"sources": ["labels.csv"]})
    output = edited.forked(check=False, jobs=True)
    assert "Report: results/faults/report.html" in output
    assert "At least one job did not complete successfully" in output
    text = (unlabelled.results / "report.html").read_text()
    assert "1 job did not finish (ingest_labels)" in text
    assert "unknown_keypoint" in text or "snuot" in text


def test_names_that_are_none_for_others_are_taken_or_refused_by_name(tmp_path):
    data = tmp_path / "[2024] data"
    data.mkdir()
    names = ["mouse.metrics", "rec[1]", "my mouse", "_cam1", "e\u0301te\u0301", "review", "0-9", "._ok", "plan.parquet"]
    for name in names:
        (data / f"{name}.mp4").write_text(name)
    workflow = Workflow.checkout(tmp_path, {"project": "names", "data": data.name, "videos": "*.mp4"})
    text = workflow.forked("--dry-run")
    assert jobs(text)["probe_video"] == len(names) - 1
    assert "Hidden files are no videos: ._ok.mp4" in text
    labels = data / "{x}.csv"
    labels.write_text("video,frame,individual,keypoint,x,y\n")
    labelled = workflow.with_config(keypoints=KEYPOINTS, labels={"sources": [labels.name]})
    assert "Snakemake takes '{' for a placeholder; rename the file or folder" in labelled.forked(check=False)
