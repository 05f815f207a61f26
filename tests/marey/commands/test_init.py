"""`marey init`: a config that says the same as none, an empty sheet, and nothing overwritten."""

import sys
from pathlib import Path

import pytest
import yaml

import marey
from marey.__main__ import main
from marey.commands import _checkout, init
from marey.experiment.config import load_config
from marey.experiment.sheet import read_videos

CHECKOUT = Path(marey.__file__).parents[2]


def test_the_config_has_the_defaults_and_the_name_of_the_folder(tmp_path, monkeypatch):
    folder = tmp_path / "two mice"
    assert init.make_folder(folder, CHECKOUT) == "two_mice"
    raw = yaml.safe_load((folder / "config.yaml").read_text())
    expected = yaml.safe_load((CHECKOUT / "config" / "config.yaml").read_text())
    labels = {**expected["labels"], "sources": ["labels"]}
    assert raw == {**expected, "project": "two_mice", "data": ".", "labels": labels}
    monkeypatch.chdir(folder)
    assert load_config(raw)["labels"]["sources"] == []  # the folder is empty
    comments = [line for line in (folder / "config.yaml").read_text().splitlines() if "#" in line]
    assert len(comments) > 20
    assert not any("config/experiments" in line for line in comments)


def test_the_sheet_is_empty_and_takes_rows(tmp_path, monkeypatch):
    init.make_folder(tmp_path / "mine", CHECKOUT)
    monkeypatch.chdir(tmp_path / "mine")
    config = load_config(yaml.safe_load(Path("config.yaml").read_text()))
    with pytest.raises(ValueError, match="videos.tsv: the sheet lists no videos"):
        read_videos(config)
    with Path("videos.tsv").open("a") as file:
        file.write("a\tvideos/a.mp4\n")
    assert {name: row["path"] for name, row in read_videos(config).items()} == {"a": "videos/a.mp4"}


@pytest.mark.parametrize("name", ["config.yaml", "videos.tsv"])
def test_nothing_is_overwritten(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(ValueError, match=f"{name}: is there already, and is kept"):
        init.make_folder(tmp_path, CHECKOUT)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_the_repository_is_no_folder_of_ones_own(monkeypatch):
    monkeypatch.chdir(CHECKOUT)
    with pytest.raises(ValueError, match="Choose one of your own"):
        init.make_folder(Path(), CHECKOUT)


def test_what_to_do_next_is_printed(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["marey", "init", str(tmp_path / "mine")])
    main()
    said = capsys.readouterr().out
    assert f"snakemake --snakefile {CHECKOUT / 'Snakefile'}" in said
    assert "results/mine/report.html" in said


def test_a_package_without_its_workflow_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(marey, "__file__", str(tmp_path / "lib" / "site-packages" / "marey" / "__init__.py"))
    with pytest.raises(ValueError, match="Clone its repository"):
        _checkout.root()
