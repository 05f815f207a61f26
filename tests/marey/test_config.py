"""Config: every fault is found before a job starts; its message says where, what was expected and what was meant."""

from pathlib import Path

import pytest
import yaml

from marey import config as module
from marey.config import ConfigError, check_files, load, read_videos, stage_config

REPOSITORY = Path(__file__).parents[2]
MINIMAL = {"project": "p", "data": ".", "videos": "videos.tsv"}


def fault(**keys) -> str:
    with pytest.raises(ConfigError) as error:
        load({**MINIMAL, **keys})
    return str(error.value)


def test_defaults_are_filled_at_every_level():
    config = load({**MINIMAL, "train": {"steps": 5}})
    assert config["train"]["steps"] == 5
    assert config["train"]["batch_size"] == 8
    assert config["infer"]["model"] == {"fold": 0, "seed": 0}


def test_default_file_names_the_schema_defaults():
    written = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
    assert load(written) == load({key: written[key] for key in MINIMAL})


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"train": {"stpes": 5}}, "config: train.stpes: unknown key; did you mean 'steps'?"),
        ({"vidoes": "x"}, "config: vidoes: unknown key; did you mean 'videos'?"),
        ({"train": {"steps": "many"}}, "config: train.steps: expected a whole number, got 'many'. Optimiser steps."),
        (
            {"train": {"learning_rate": "1e-3"}},
            "config: train.learning_rate: expected a number, got '1e-3' (YAML reads this as text: write 1.0e-3).",
        ),
        (
            {"smooth": {"max_gap": "250 ms"}},
            "config: smooth.max_gap: expected a number, got '250 ms' (write the bare number, in the unit below). "
            "Longest gap that is bridged, s.",
        ),
        ({"train": {"crop": 100}}, "config: train.crop: 100 is not a multiple of 32."),
        ({"sample": {"method": "kmean"}}, "config: sample.method: 'kmean' is not one of"),
        ({"sample": {"method": "kmean"}}, "did you mean 'kmeans'?"),
        ({"smooth": {"median_window": 4}}, "config: smooth.median_window: expected an odd number, got 4"),
        ({"augment": {"scale": [2, 1]}}, "config: augment.scale: expected [smallest, largest], got [2, 1]"),
        ({"infer": {"model": {"fold": 3}}}, "config: infer.model.fold: 3 does not exist; split.folds is 1"),
        ({"infer": {"model": {"seed": 3}}}, "config: infer.model.seed: 3 is not one of train.seeds [0]"),
        (
            {"keypoints": ["snout", "tail"], "skeleton": [["snout", "tial"]]},
            "config: skeleton: 'tial' is not a keypoint; did you mean 'tail'?",
        ),
        ({"labels": {"sources": ["nowhere.csv"]}}, "config: labels.sources: nowhere.csv: no such file or folder"),
        ({"train": "quick"}, "config: train: expected a mapping, got 'quick'"),
    ],
)
def test_faults_are_explained(keys, message):
    assert message in fault(**keys)


def test_every_fault_is_listed():
    text = fault(train={"stpes": 1, "seeds": "0"}, infr={})
    assert len(text.splitlines()) == 3


def test_missing_keys_are_named():
    with pytest.raises(ConfigError, match="config: videos: missing"):
        load({"project": "p", "data": "."})


def test_labels_without_keypoints_are_refused(tmp_path):
    (tmp_path / "labels.csv").write_text("video,frame,individual,keypoint,x,y\n")
    assert "no label source names them" in fault(data=str(tmp_path), labels={"sources": ["labels.csv"]})


def sheet(tmp_path, text):
    (tmp_path / "videos.tsv").write_text(text)
    return {**load(MINIMAL), "data": str(tmp_path)}


def test_sheet(tmp_path):
    config = sheet(tmp_path, "video\tpath\tsubject\tcrop\na\tone.mp4\tm1\t\nb\tsub/two.avi\t\t0,0,64,32\n")
    videos = read_videos(config)
    assert list(videos) == ["a", "b"]
    assert videos["a"]["subject"] == "m1"
    assert videos["a"]["crop"] is None
    assert videos["b"]["crop"] == "0,0,64,32"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video\tpath\na\tx.mp4\na\ty.mp4\n", "line 3: video 'a' is already in line 2"),
        ("video\tpath\tcorp\na\tx.mp4\t1\n", "line 2: corp: unknown key; did you mean 'crop'?"),
        ("video\tpath\n../a\tx.mp4\n", "line 2: video: '../a' does not match"),
        ("video\tpath\tcrop\na\tx.mp4\t1,2\n", "line 2: crop: '1,2' does not match"),
        ("video\tpath\na\n", "line 2: path: missing"),
        ("video\tpath\n", "the sheet lists no videos"),
    ],
)
def test_sheet_faults(tmp_path, text, message):
    with pytest.raises(ConfigError) as error:
        read_videos(sheet(tmp_path, text))
    assert message in str(error.value)


def test_folder_glob_and_file(tmp_path):
    for name in ("a.mp4", "b c.AVI", "notes.txt"):
        (tmp_path / name).touch()
    config = {**load(MINIMAL), "data": str(tmp_path)}
    assert {name: row["path"] for name, row in read_videos({**config, "videos": "."}).items()} == {
        "a": "a.mp4",
        "b_c": "b c.AVI",
    }
    assert list(read_videos({**config, "videos": "*.mp4"})) == ["a"]
    assert list(read_videos({**config, "videos": "a.mp4"})) == ["a"]
    with pytest.raises(ConfigError, match="no videos found there"):
        read_videos({**config, "videos": "*.mkv"})
    (tmp_path / "a.avi").touch()
    with pytest.raises(ConfigError, match="a second video named 'a'"):
        read_videos({**config, "videos": "."})


def test_missing_videos_are_named(tmp_path):
    config = sheet(tmp_path, "video\tpath\na\tone.mp4\nb\ttwo.mp4\n")
    (tmp_path / "two.mp4").touch()
    with pytest.raises(ConfigError) as error:
        check_files(config, read_videos(config))
    assert "video 'a'" in str(error.value)
    assert "video 'b'" not in str(error.value)


def test_stages_read_what_they_name_and_no_graph_key():
    config = load({**MINIMAL, "train": {"seeds": [0, 1]}})
    for stage in module.STAGES:
        stage_config(config, stage)
    assert "seeds" not in stage_config(config, "train_model")["train"]
    assert stage_config(config, "infer_shard") == {"infer": {"batch_size": config["infer"]["batch_size"]}}


def test_stage_config_does_not_depend_on_the_order_of_keys():
    one = stage_config(load({**MINIMAL, "smooth": {"max_gap": 1, "acceleration": 2}}), "smooth_video")
    two = stage_config(load({**MINIMAL, "smooth": {"acceleration": 2, "max_gap": 1}}), "smooth_video")
    assert str(one) == str(two)
