"""Config files are found and merged as Snakemake does it."""

from pathlib import Path

import pytest
import yaml
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from marey.experiment.config_files import default_file, merged

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


def test_a_fault_of_yaml_is_said_with_its_line(folder):
    (folder / "config.yaml").write_text("project: own\nkeypoints: [snout, ear\nseed: 0\n")
    assert default_file() == "config.yaml"
    with pytest.raises(ValueError, match=r"(?s)config.yaml: .*line [23]\b"):
        default_file(checked=True)
