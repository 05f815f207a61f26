"""Config files are found and merged as Snakemake does it."""

from pathlib import Path

import pytest
import yaml
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from marey.experiment.config import ConfigError
from marey.experiment.config_files import check_files, default_file, merged

FILES = {
    "config/config.yaml": {"project": "a", "train": {"steps": 9, "seeds": [0, 1]}, "data": "data"},
    "first.yaml": {"train": {"seeds": [2]}, "augment": {"rotation": {"largest": 20}}},
    "second.yaml": {"project": "b", "augment": {"rotation": {"largest": 180, "probability": 1}}, "data": None},
}


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, values in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(yaml.safe_dump(values))
    return tmp_path


def test_files_are_merged_as_by_snakemake(folder):
    expected: dict = {}
    for name in FILES:
        update_config(expected, load_configfile(name))
    assert merged([Path("first.yaml"), Path("second.yaml")]) == expected


def test_the_config_of_the_folder_counts_instead_of_the_shipped_one(folder):
    assert default_file() == "config/config.yaml"
    (folder / "config.yaml").write_text("project: own\n")
    assert default_file() == "config.yaml"
    assert merged([]) == {"project": "own"}


def test_a_named_file_needs_no_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("project: mine\n")
    assert merged([Path("mine.yaml")]) == {"project": "mine"}
    with pytest.raises(ValueError, match="marey init FOLDER"):
        merged([])


@pytest.mark.parametrize(("text", "message"), [("a: [", "is not YAML"), ("", "expected keys"), (None, "No such file")])
def test_a_broken_file_is_named(tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(ValueError, match=f"mine.yaml: .*{message}"):
        merged([Path("mine.yaml")])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed: 1\nproject: a\nseed: 2\n", "line 3: 'seed' is there already, in line 1"),
        ("train:\n  steps: 5\n  steps: 6\n", "line 3: 'steps' is there already, in line 2"),
        ('{"seed": 1, "train": {"steps": 1, "steps": 2}}', "'steps' is there twice"),
        ("a: [\n", "is not YAML"),
        ("- a\n", "expected keys and values"),
        ("seed: 1\nsplit: {folds: 010}\n", "line 2: 010 is 8 in YAML"),
        ("keypoints:\n- 01\n- 02\n", "line 2: 01 is 1 in YAML(?s:.*)line 3: 02 is 2"),
        ("render: {start: 1:30}", "line 1: 1:30 is 90 in YAML"),
    ],
)
def test_what_snakemake_would_not_see_is_refused(tmp_path, text, message):
    (tmp_path / "mine.yaml").write_text(text)
    (tmp_path / "sound.yaml").write_text("seed: 1\n")
    with pytest.raises(ConfigError, match=f"mine.yaml: {message}"):
        check_files([tmp_path / "sound.yaml", tmp_path / "mine.yaml"])


@pytest.mark.parametrize(
    "text", ['{\n\t"a": 1e-3}', "a: 0x10\nb: 0.5\nc: '01'\nd: 0\ne: -0\nf: 12:30-x\n", "a: {b: 1}\nb: {b: 1}\n"]
)
def test_sound_files_read_as_snakemake_reads_them(tmp_path, text):
    (tmp_path / "mine.yaml").write_text(text)
    check_files([tmp_path / "mine.yaml"])
    assert merged([tmp_path / "mine.yaml"])["a"] == load_configfile(tmp_path / "mine.yaml")["a"]


def test_a_fault_of_yaml_is_said_with_its_line(folder):
    (folder / "config.yaml").write_text("project: own\nkeypoints: [snout, ear\nseed: 0\n")
    assert default_file() == "config.yaml"
    with pytest.raises(ValueError, match=r"(?s)config.yaml: .*line [23]\b"):
        default_file(checked=True)
