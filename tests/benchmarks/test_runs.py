"""Every benchmark runs, on tiny input, to the end of its tables.

As far as it can: workflows of hours are planned by Snakemake, and their results are made.
"""

import json
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from marey.evaluation import oks
from marey.models import export_model, quantise_model
from marey.multiview.cameras import Camera, camera_rows
from marey.synth.cameras import build_camera
from marey.synth.scene import Scene
from marey.tables import files
from marey.tables.adaptation import ADAPTATION
from marey.tables.cameras import CAMERAS
from marey.tables.metrics import METRICS
from marey.tables.points import COVARIANCE, POINTS
from marey.tables.poses3d import POSES3D

from ..workflow import forked
from ..workflow.checkout import environment, jobs
from . import data
from .clone import BENCHMARKS, clone, load

# One small network for all, and the same shapes: each program is compiled once.
SETTINGS = ("model.backbone=small", "model.channels=8", "model.scale=1", "train.steps=2", "train.batch_size=2")
SETTINGS += ("train.crop=64", "train.validate_every=2", "augment.rotation.largest=20")
MODEL = ("--model", "{model}", "--video", f"{{data}}/{data.OPENFIELD}/videos/m3v1mp4.mp4")
DEEPLABCUT = ("--deeplabcut", "{python}")
LABELS = ("--first", "2", "--more", "2", "--most", "4")
# Of each: its options, and a row that it is to print.
RUNS = {
    "accuracy": (
        ["openfield", "mirror", "--folds", "0", "--figure", "{root}/curve.png", "--set", *SETTINGS],
        r"\| mirror \| random, test \| [^|]+ \| 9 \| 1 \| [\d.]+ \([\d.]+\) \| [\d.]+ \| [\d.]+ \| \d+ \| \d+ \|",
    ),
    "active_learning": (
        ["--pools", "openfield", "--methods", "ours", "random", "--seeds", "0", *LABELS, "--set", *SETTINGS],
        r"\| random \| [\d.]+ \| [\d.]+ \| [\d.]+ \| [-+][\d.]+ % \([-+][\d.]+ to [-+][\d.]+\) \|",
    ),
    "assembly_speed": (["--animals", "2", "--frames", "40"], r"\| 2 \| 40 \|( \d+ \|){3} [\d.]+ \|"),
    "calibration": (
        ["stereo", "--models", "k1k2"],
        r"\| stereo \| k1k2: k1k2 \| right \| \d+ \| \d+ \| 0\.[\d.]+ \| 0\.[\d.]+ \| 0\.[\d.]+ \| [\d.]+, [\d.]+ \|",
    ),
    "exports": (["--rows", "100", "--formats", "slp"], r"\| slp \| 100 \| [\d.]+ \| \d+ \| \d+ \| \d+ \|"),
    "faults": (
        ["--damages", "1", "--frames", "6", "--codecs", "ffv1", "--containers", "mkv", "flv"],
        r"\| all \| 1 \| \d+ \| \d+ \| 0 \| \d+ \| \d+ \| \d+ \| 0 \| 0 \|",
    ),
    "faults_config": (["train.seeds"], r"refused +44"),
    "fine_tuning": (
        ["--labels", "21", "84", "--seeds", "0", "--steps", "2", "--starts", "ImageNet", "--set", *SETTINGS],
        r"\| ImageNet \| \d+ \| [\d.]+ \([\d.]+\) \| [\d.]+ to [\d.]+ \| \d+ \|",
    ),
    "ghosts": (
        ["openfield", "made", "motion", "--model", "{model}", "--frames", "40", "--videos", "1"],
        r"\| m3v1 \| in reach \| 160 \| [\d.]+ \|( \d+ \|){8}\n.*\n\| made 0 \| in reach \| 160 \|.*\n\n.*\n.*\n"
        r"\| walks \| 6000 \| 0 \| ([\d.]+) \| \2 \| 0 \| 0 \|",
    ),
    "gpu": (
        ["--tiny"],
        r"## steps: \d+ s left\nmachine: .*\n.*\n.*\n\| any \| FromHost, 1 a call \| 2 \| \d+ \| 4 \| [\d.]+ \| [\d.]+ "
        r"\| the same again \|\n(.*\n)+\| any \| 96 x 64 \| windows of 64 \| auto \| 32 \| \d+ \| [\d.]+ \|\n"
        r"\n## models: .*\n(.*\n)+\| any \| 2 \| 2 \| \d+ \| \d+ \|",
    ),
    "inference_frontier": (
        ["--variants", "defaults (scale 1.5)", "--frames", "32", "--figure", "{root}/frontier.png", "--set", *SETTINGS],
        r"\| defaults \(scale 1.5\) \| 8 bits, windows \| [\d.]+ \| [\d.]+ \| 8 \| -?\d+ \|",
    ),
    "inference_memory": ([*MODEL, "--hours", "0.002", "--frames", "32"], r"\| \d+ \| 0.0 \| 32 \| \d+ \| [\d.]+ \|"),
    "inference_speed": (
        [*MODEL, "--frames", "32", "--engines", "onnxruntime", "--shards", "1", *DEEPLABCUT],
        r"\| file to Parquet \| onnxruntime \| windows of \d+, shards: 1 \| \d+ \| [\d.]+ \|\n"
        r"\| file to predictions \| DeepLabCut 0, resnet_50 \| whole, batches of 8 \| [\d.]+ \| \|",
    ),
    "kernel_gradients": (
        ["--batch", "1", "--crop", "32", "--layers", "1"],
        r"(\| (plain|taps|stacked) \| float32 \| 1 \| [\d.]+ \| \d\.\de-0[678] \|\n?){3}",
    ),
    "label_checks": (
        ["--folds", "1", "--part", "0.1", "--set", *SETTINGS],
        r"\| 1 \| \d \| \d \| \d \| \[\d*\] \| \d+ \|",
    ),
    "multi_animal": (
        ["--animals", "2", "--frames", "60", "--scenes", "2", *DEEPLABCUT],
        r"\| DeepLabCut \| 24 of 24 \|(.*\n)+\| Marey, 2 animals \| 2 \| 0 \| 0 of 1 \| 0 of 80 \| \d+ \|",
    ),
    "multiview": (["--frames", "90"], r"\| smoothed, with learning \| - \| 5 \| [\d.]+ \|"),
    "several_cameras": (
        ["--scenes", "1", "--frames", "40", "--rigs", "3"],
        r"\| 3, 3 \| pieces, absent \| [\d.]+ % \| -?[\d.]+ \| [\d.]+ \| [\d.]+ \|",
    ),
    "recognition": (
        ["--scenes", "four coats", "--frames", "20", "--steps", "2", "--frozen"],
        r"\| made, 4 mice that vanish, four coats \| frozen trunk \| [\d.]+ \| \d+ \| \d+ \| \d+ \| \d+ \|\n(.*\n)+"
        r"\| 05 two mice \| recognition \| [\d.]+ \| \d+ \| \d+ \| \d+ \| \d+ \|",
    ),
    "precision": (
        [*MODEL, "--frames", "2"],
        r"\| float32, exact products \|( (-|0\.000) \|){3} 0\.0000 \| \d \| 2 \| \d+ \|\n.*\n\| bfloat16 \| .*",
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
    "transfer": (
        ["--data", "home_cage", "--starts", "ImageNet", "--seeds", "0", "--steps", "2", "--set", *SETTINGS],
        r"\| home_cage \| ImageNet \| [\d.]+ \([\d.]+\) \| [\d.]+ \([\d.]+ to [\d.]+\) % \|",
    ),
    "zoo": (
        ["--bundle", "{model}", "--data", "open_field", "--scale", "1"],
        r"\| all \| [\d.]+ \([\d.]+ to [\d.]+\) \| [^|]+ \| [\d.]+ \([^|]+\) % \|",
    ),
}
APART = {"exports", "inference_speed"}  # they hand their functions to other processes
HERE = {"gpu", "train_speed"}  # would compile for a cache that is empty
WORKFLOWS = {"demo3d", "openfield", "several_animals"}
ELSEWHERE = {"kit": "tests/browser"}
CALLED = {"deeplabcut_assembly", "deeplabcut_speed", "named_poses", "pickles", "sleap_tracking"}  # by others
STAND_IN = Path(__file__).with_name("stand_in")  # for packages that are not installed: DeepLabCut and PyTorch


def test_each_has_a_run_on_tiny_input():
    assert {*RUNS, *WORKFLOWS, *ELSEWHERE, *CALLED} == {*BENCHMARKS}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A clone, in whose results they all write, and the data beside it."""
    root = tmp_path_factory.mktemp("benchmarks")
    data.write(root / "data")
    made = clone(root / "clone")
    (made / "python").write_text(f'#!/bin/sh\nPYTHONPATH={STAND_IN} exec {sys.executable} "$@"\n')
    (made / "python").chmod(0o755)
    return made


@pytest.fixture(autouse=True)
def sample_data(root, monkeypatch):
    monkeypatch.setenv("MAREY_DATA", str(root.parent / "data"))


@pytest.fixture(scope="module")
def model(root) -> Path:
    """The model that `accuracy.py` trains, and its ONNX copies: a folder."""
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
        monkeypatch.setattr(module, "subprocess", SimpleNamespace(**vars(subprocess) | {"run": run}))
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
    print(before, end="" if options.get("capture_output") else said)
    return SimpleNamespace(stdout=said)


@pytest.mark.parametrize("name", RUNS)
def test_on_tiny_input_it_prints_its_table(name, root, model, monkeypatch, capsys):
    options, row = RUNS[name]
    places = {"root": root, "data": root.parent / "data", "model": model, "python": root / "python"}
    said = said_by(name, [option.format(**places) for option in options], root, monkeypatch, capsys)
    assert re.search(f"^{row}$", said, re.MULTILINE), said


def test_training_goes_on_from_the_model_that_the_settings_name(root, monkeypatch):
    class BegunError(Exception):
        pass

    def train(*given, bundle, **options):
        raise BegunError(bundle and bundle.folder.name)

    accuracy = load("accuracy", root)
    monkeypatch.setattr(accuracy.train_models, "train_models", train)
    for settings, name in ({"model.init": "zoo:mouse_top"}, "mouse_top"), ({}, "None"):
        with pytest.raises(BegunError, match=f"^{name}$"):
            accuracy.trained("openfield", root.parent / "data", "random", {"train.steps": 1, **settings})


@pytest.fixture
def planned(root, monkeypatch):
    """Have a benchmark plan its workflow instead of running it; `make(folder of results)` makes what it would."""

    def plan(module, make) -> list[dict[str, int]]:
        plans = []

        def run(command: list, *, cwd: Path, **options) -> None:
            program, *arguments = map(str, command)
            assert (program, arguments[:2]) == (sys.executable, ["-m", "snakemake"])
            done = forked.snakemake([*arguments[2:], "--dry-run"], folder=cwd, environment=environment())
            assert done.returncode == 0, done.stdout
            plans.append(jobs(done.stdout))
            make(cwd / "results")

        monkeypatch.setattr(module, "subprocess", SimpleNamespace(run=run))
        return plans

    return plan


def test_the_open_field_is_planned_and_its_tables_are_printed(root, planned, monkeypatch, capsys):
    def make(results: Path) -> None:
        times = results / "openfield/benchmarks/train_model/0-0.jsonl"
        times.parent.mkdir(parents=True)
        times.write_text('{"s": 61.2}\n')
        row = {"part": "test", "keypoint": "all", "cut": 0.0, "metric": "mean_error", "unit": "px", "value": 2.5}
        row |= {"low": 2.0, "high": 3.0, "points": 40, "groups": 10}
        rows = pd.DataFrame([row, {**row, "part": "train"}])
        files.write(results / "openfield/models/0/metrics.parquet", rows, METRICS)

    module = load("openfield", root)
    plans = planned(module, make)
    module.main()
    said = capsys.readouterr().out
    assert plans[0].items() >= {"train_model": 1, "probe_video": 1, "ingest_labels": 1}.items()
    assert "| train_model | 61 |" in said
    assert said.count("| all | mean_error | 2.50 | 2.00 to 3.00 | 40 | 10 |") == 1


def test_poses_in_space_are_compared_with_the_truth(root, tmp_path, monkeypatch, capsys):
    """All 3 mm off along x, with a standard deviation of 1 mm or 2 mm; of every fourth there is no position."""
    truth = pd.DataFrame({"frame": range(40), "individual": "mouse1", "keypoint": "snout", "x": 1, "y": 2, "z": 3.0})
    truth.to_parquet(tmp_path / "truth3d.parquet")
    camera = build_camera(Scene(), "top")
    matrix = camera.K * (1.01, 1.01, 1)
    moved = camera.t - camera.R @ [100, -62.5, 7]  # into the axes of the board, and 7 mm too high
    files.write(
        tmp_path / "cameras/all.parquet",
        camera_rows([Camera("top", (320, 240), "pinhole", matrix, np.zeros(5), camera.R, moved)], unit="mm"),
        CAMERAS,
    )
    rows = truth.assign(time=truth["frame"] / 30, confidence=1.0, views_used=3, x=4.0)
    rows = rows.assign(**{name: float(name.startswith("var")) for name in COVARIANCE}, state="measured")
    rows["var_x"] = np.where(rows["frame"] < 20, 1.0, 4.0)
    rows.loc[rows["frame"] % 4 == 0, ["x", "y", "z", *COVARIANCE]] = np.nan
    rows.loc[rows["frame"] % 4 == 0, "state"] = "gap"
    rows = rows.assign(reproj_px=np.where(rows["state"] == "gap", np.nan, 1.0))
    files.write(tmp_path / "poses3d/mouse.parquet", rows, POSES3D)
    seen = rows.drop(columns="state").assign(views_seen=3, views_exchanged=0, noise_factor=1.0, shared_factor=1.0)
    files.write(tmp_path / "points/mouse.parquet", seen, POINTS)
    said = said_by("demo3d", ["--results", str(tmp_path), "--data", str(tmp_path)], root, monkeypatch, capsys)
    assert "camera top: 7.0 mm from where it is, 1 m from the mouse; focal length +1.00%" in said
    for name in ("points", "poses3d"):
        assert f"| {name} | 3.00 | 3.00 | 3.0 | 25.0% | 50.0% |" in said


def test_several_animals_are_planned_and_their_tables_are_printed(root, planned, monkeypatch, capsys):
    """The results are the labels: nothing is missed, nobody is mistaken for another, and all poses are right."""
    module = load("several_animals", root)

    def make(results: Path) -> None:
        paths = {"clip": data.FLIES[0], "two_flies": data.FLIES[1], "three_flies": data.FLIES[1]}
        flies = {name: module._read(root.parent / "data" / path / f"{name}.slp") for name, path in paths.items()}
        mice = [module._read(path) for path in (root.parent / "data" / data.MICE).glob("*.slp")]
        labels = pd.concat([each.labels for each in mice] + [each.predictions for each in mice])
        labels = labels.drop_duplicates(["frame", "individual", "keypoint"])
        if not (results / "several_mice_bottom_up").exists():
            make_tracks(results / "several_flies_bottom_up", {name: each.labels for name, each in flies.items()})
        elif not (results / "several_birds_bottom_up").exists():
            make_tracks(results / "several_mice_bottom_up", {"mice": labels})
        else:
            for fold in range(5):
                make_metrics(max(results.glob("several_*"), key=lambda path: path.stat().st_mtime), fold)

    plans = planned(module, make)
    monkeypatch.setattr(module, "MADE", 60)
    monkeypatch.setattr(sys, "argv", ["several_animals.py", "--steps", "5"])
    module.main()
    said = capsys.readouterr().out
    assert [plan["train_model"] for plan in plans] == [1, 1, 5, 5, 5]
    perfect = "1.000 / 1.000 | 1.000 / 1.000 | 0.00 / 0.00 px"
    assert f"| clip | 10 | {perfect} | 0 of 20 | 0 |" in said
    assert f"| three_flies | 10 | {perfect} | 0 of 30 | 0 |" in said
    for name in ("clip", "three_flies", "frames labelled by hand", "another system's tracks"):
        assert re.search(rf"^\| {name} \| 1\.000 \| 0 \| 0 \| 0 \| 0 \(not: none\) \| 1 \|$", said, re.MULTILINE), said
    for name in ("birds", "few mice", "made mice"):
        row = r"\| mean of 5 folds \(least to most\) \| 0\.500 \(0\.500 to 0\.500\) \|"
        assert re.search(rf"\n\| {name} \|.*\n.*\n{row}", said), said


def test_poses_of_several_animals_get_their_names_back(root, monkeypatch, capsys):
    """Of the pair of flies, a limb of two keypoints is nobody's; everybody else keeps a name."""
    said = said_by("several_animals", ["--poses", "--frames", "12"], root, monkeypatch, capsys)
    rows = {
        (name, tracker): cells
        for name, tracker, *cells in (line.strip("| ").split(" | ") for line in said.splitlines()[2:])
    }
    assert len(rows) == 20
    assert rows["04 two flies", "Marey, number known"] == ["2", "1.000", "0", "1 of 81", "0", "0 of 78"]


def test_adaptation_is_planned_and_its_tables_are_printed(root, model, planned, monkeypatch, capsys):
    """The model that is adapted is the model as it is."""
    bundle = root / "bundle"
    shutil.copytree(model, bundle)
    (bundle / "card.json").write_text('{"animal": "mouse_top"}')
    measured = {f"{name}_{when}": 0.1 for name in ("disagreement", "error") for when in ("before", "after")}

    def make(results: Path) -> None:
        folder = next(results / name for name in ("zoo_adapted_1", "zoo_adapted_0") if (results / name).exists())
        shutil.copytree(model, folder / "models/0-0")
        row = {"round": 0, "images": 4, "made": 2, "pseudo_labels": 0, "steps": 3, "kept": True, **measured}
        rows = pd.DataFrame([row | {"videos": ["m3v1"], "left_out": []}])
        files.write(folder / "models/0-0/adaptation.parquet", rows, ADAPTATION)

    module = load("zoo", root)
    plans = planned(module, make)
    monkeypatch.setattr(sys, "argv", ["zoo.py", "--bundle", str(bundle), "--scale", "1", "--adapt", "4"])
    module.main()
    said = capsys.readouterr().out
    assert [plan["adapt_bundle"] for plan in plans] == [1, 1]
    assert said.count("| 0 | 6 | 0 | 0.100 to 0.100 | 0.100 to 0.100 | yes |") == 2
    assert said.count("| snout |") == 3


def make_tracks(folder: Path, labels: dict[str, pd.DataFrame]) -> None:
    """Make poses, tracks and a moment for review of each video: those of its labels."""
    for video, rows in labels.items():
        rows = rows.assign(time=rows["frame"] / 30, confidence=1.0)
        rows["instance"] = rows.groupby("frame")["individual"].rank("dense").astype(int) - 1
        for name, table in (("poses", rows), ("tracks", rows), ("review", pd.DataFrame({"frame": [0]}))):
            (folder / name).mkdir(exist_ok=True)
            table.to_parquet(folder / name / f"{video}.parquet")


def make_metrics(folder: Path, fold: int) -> None:
    """Make the metrics of a fold, of which each is 0.5."""
    names = [f"oks_{name}@{sigma}" for sigma in oks.SIGMAS for name in ("map", "mar")]
    names += ["missed_animals", "spurious_animals", "median_error"]
    (folder / "models" / str(fold)).mkdir(parents=True)
    row = {"part": "test", "keypoint": "all", "cut": 0.0, "value": 0.5}
    pd.DataFrame([{**row, "metric": name} for name in names]).to_parquet(folder / f"models/{fold}/metrics.parquet")


def test_errors_are_kept_in_a_card_in_place_of_those_on_the_same_data(root, tmp_path):
    module = load("zoo", root)
    card = tmp_path / "card.json"
    old = [{"data": "a", "value": 1}, {"data": "b", "value": 2}]
    card.write_text(json.dumps({"summary": "mice", "errors": old}))
    bundle = module.catalogue.Bundle("x", tmp_path / "model.safetensors", tmp_path / "model.json")
    module.write_card(bundle, [{"data": "b", "value": 3}])
    assert json.loads(card.read_text()) == {"summary": "mice", "errors": [old[0], {"data": "b", "value": 3}]}
