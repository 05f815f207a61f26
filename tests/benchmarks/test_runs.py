"""Every benchmark runs, on tiny input, to the end of its tables.

As far as it can: workflows of hours are planned by Snakemake, and their results are made.
"""

import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from . import data
from .clone import BENCHMARKS, clone, load

# One small network for all, and the same shapes: each program is compiled once.
SETTINGS = ("model.backbone=small", "model.channels=8", "model.scale=1", "train.steps=2", "train.batch_size=2")
SETTINGS += ("train.crop=64", "train.validate_every=2", "augment.rotation.largest=20")
MODEL = ("--model", "{model}", "--video", f"{{data}}/{data.OPENFIELD}/videos/m3v1mp4.mp4")
# Of each: its options, and a row that it is to print.
RUNS = {
    "accuracy": (
        ["openfield", "mirror", "--folds", "0", "--figure", "{root}/curve.png", "--set", *SETTINGS],
        r"\| mirror \| random, test \| [^|]+ \| 9 \| 1 \| [\d.]+ \([\d.]+\) \| [\d.]+ \| [\d.]+ \| \d+ \| \d+ \|",
    ),
    "assembly_speed": (["--animals", "2", "--frames", "40"], r"\| 2 \| 40 \|( \d+ \|){3} [\d.]+ \|"),
    "exports": (["--rows", "100", "--formats", "slp"], r"\| slp \| 100 \| [\d.]+ \| \d+ \| \d+ \| \d+ \|"),
    "faults": (
        ["--damages", "1", "--frames", "6", "--codecs", "ffv1", "--containers", "mkv", "flv"],
        r"\| all \| 1 \| \d+ \| \d+ \| 0 \| \d+ \| \d+ \| \d+ \| 0 \| 0 \|",
    ),
    "faults_config": (["train.seeds"], r"refused +44"),
    "inference_frontier": (
        ["--variants", "defaults (scale 1.5)", "--frames", "32", "--figure", "{root}/frontier.png", "--set", *SETTINGS],
        r"\| defaults \(scale 1.5\) \| 8 bits, windows \| [\d.]+ \| [\d.]+ \| 8 \| \d+ \|",
    ),
    "inference_memory": ([*MODEL, "--hours", "0.002", "--frames", "32"], r"\| \d+ \| 0.0 \| 32 \| \d+ \| [\d.]+ \|"),
    "inference_speed": (
        [*MODEL, "--frames", "32", "--engines", "onnxruntime", "--shards", "1"],
        r"\| file to Parquet \| onnxruntime \| windows of \d+, shards: 1 \| \d+ \| [\d.]+ \|",
    ),
    "label_checks": (
        ["--folds", "1", "--part", "0.1", "--set", *SETTINGS],
        r"\| 1 \| \d \| \d \| \d \| \[\d*\] \| \d+ \|",
    ),
    "multi_animal": (
        ["--animals", "2", "--frames", "60", "--scenes", "2"],
        r"\| Marey, 2 animals \| 2 \| 0 \| 0 of 1 \| 0 of 80 \| \d+ \|",
    ),
    "report": (["--videos", "2", "--shards", "1", "--clip", "5"], r"\| 2 \| [\d.]+ \| \d+ \| [\d.]+ \| \d \|"),
    "scale": (["--videos", "2", "--shards", "2", "--run", "10", "--cores", "2"], r"\| 10 \| 0 \| 10 \| 2 \|.*\|"),
    "tracking_memory": (
        ["--frames", "200", "--appearance"],
        r"\| 200 \| 2 \| no \| yes \| \d+ \| \d+ \| \d+ \| \d+ \| [\d.]+ \|",
    ),
    "train_memory": (
        ["--frames", "60", "--side", "64", "--steps", "2", "--crop", "64", "--backbone", "small"],
        r"\| 60 of 64 x 64 px \| 0.0 \| 0.0 \| 2 \| \d+ \| [\d.]+ \|",
    ),
    "train_speed": (
        ["--repeats", "1", "--plain-repeats", "0", "--backbone", "small", "--batch", "1", "--size", "64", "64"],
        r"\| filled \| [\d.]+ \| \d+ \|",
    ),
}
APART = {"exports", "inference_speed"}  # they hand their functions to other processes
HERE = {"train_speed"}  # would compile for a cache that is empty
WORKFLOWS = {"openfield", "several_animals"}
ELSEWHERE = {"kit": "tests/browser"}
CALLED = {"deeplabcut_assembly", "deeplabcut_speed", "pickles"}  # by others, of their own accord


def test_each_has_a_run_on_tiny_input():
    assert {*RUNS, *WORKFLOWS, *ELSEWHERE, *CALLED} == {*BENCHMARKS}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A clone, in whose results they all write, and the data beside it."""
    root = tmp_path_factory.mktemp("benchmarks")
    data.write(root / "data")
    return clone(root / "clone")


@pytest.fixture(autouse=True)
def sample_data(root, monkeypatch):
    monkeypatch.setenv("MAREY_DATA", str(root.parent / "data"))


@pytest.fixture(scope="module")
def model(root) -> Path:
    """The model that `accuracy.py` trains, and its ONNX copies: a folder."""
    from marey.models import export_model, quantise_model

    accuracy = load("accuracy", root)
    settings = dict(accuracy.setting(text) for text in SETTINGS)
    run = accuracy.trained("openfield", root.parent / "data", "random", settings)
    export_model.export_model(run.model[:2], run.model.onnx_copy)
    quantise_model.quantise_model(run.model[:2], run.model.onnx_copy, *run.tables, run.model.quantised, fold=run.fold)
    return run.folder


def said_by(name: str, options: list[str], root: Path, monkeypatch, capsys) -> str:
    """What a benchmark prints."""
    path = root / "benchmarks" / f"{name}.py"
    if name in APART:
        return subprocess.run([sys.executable, path, *options], capture_output=True, text=True, check=True).stdout
    module = load(name, root)
    if name in HERE:
        run = partial(run_here, module, monkeypatch, capsys)
        monkeypatch.setattr(module, "subprocess", SimpleNamespace(run=run))
    monkeypatch.setattr(sys, "argv", [str(path), *options])
    module.main()
    return capsys.readouterr().out


def run_here(module, monkeypatch, capsys, command: list, **options) -> SimpleNamespace:
    """Run what is to be a process of its own in this one, where the network is compiled already."""
    before = capsys.readouterr().out
    with monkeypatch.context() as changed:
        changed.setattr(sys, "argv", command[1:])
        module.main()
    said = capsys.readouterr().out
    print(before, end="")
    return SimpleNamespace(stdout=said)


@pytest.mark.parametrize("name", RUNS)
def test_on_tiny_input_it_prints_its_table(name, root, model, monkeypatch, capsys):
    options, row = RUNS[name]
    places = {"root": root, "data": root.parent / "data", "model": model}
    said = said_by(name, [option.format(**places) for option in options], root, monkeypatch, capsys)
    assert re.search(f"^{row}$", said, re.MULTILINE), said
