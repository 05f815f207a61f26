"""Training: it learns, it repeats itself exactly, it leaves frozen weights alone, and it says when it cannot go on."""

import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from marey.experiment import initial_model
from marey.experiment.config import load_config
from marey.experiment.stages import stage_config
from marey.inference.candidates import Single
from marey.inference.detector import Detector
from marey.labels import dataset
from marey.models import bundles
from marey.pictures.encoding import encode
from marey.tables import files
from marey.tables.dataset import DATASET
from marey.tables.history import HISTORY
from marey.tables.labels import VISIBILITIES
from marey.tables.splits import SPLITS
from marey.training import feeding, loop, program, train_models, update
from marey.training.replays import rendered

from ..dots import picture
from ..models.made_bundle import write_bundle

STEPS = 450
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(train_models.__file__).parents[2])}  # of other processes
FEW = 9  # always the same number: it is part of the compiled program
CONFIG = {
    "project": "p",
    "data": ".",
    "videos": ".",
    "keypoints": ["dot"],
    "model": {"backbone": "small", "channels": 16},
    "train": {
        "steps": STEPS,
        "batch_size": 4,
        "crop": 64,
        "learning_rate": 5.0e-3,
        "validate_every": 100,
        "warmup": 10,
    },
    "augment": {
        name: {"probability": 0}
        for name in ("noise", "blur", "cutout", "hue", "gamma", "motion_blur", "jpeg", "equalise")
    },
}


def write_dots(folder, count=12):
    """A data set of bright dots at known places and its split; the last two frames test, the two before validate."""
    generator = np.random.default_rng(0)
    places = generator.uniform(16, 80, (count, 2)).astype(np.float32)
    rows = {"video": ["v"] * count, "frame": range(count), "width": [96] * count, "height": [96] * count}
    rows["image"] = [encode(picture(96, 96, *place)) for place in places]
    rows |= {"individuals": [["m"]] * count, "points": list(places), "visibility": [np.zeros(1, np.int8)] * count}
    files.write(folder / "dataset.parquet", rows, DATASET)
    part = ["train"] * (count - 4) + ["validation"] * 2 + ["test"] * 2
    table = {"fold": [0] * count, "video": ["v"] * count, "frame": range(count), "group": ["g"] * count, "part": part}
    files.write(folder / "splits.parquet", table, SPLITS)
    return places


def run(folder, name, *, fold=0, seed=0):
    bundle = folder / f"{name}.safetensors", folder / f"{name}.json"
    return train_models.Run(fold, seed, bundle, folder / f"{name}.parquet")


def train_all(folder, runs, **changes):
    config = stage_config(load_config({**CONFIG, "train": {**CONFIG["train"], **changes}}), "train_model")
    paths = folder / "dataset.parquet", folder / "splits.parquet"
    train_models.train_models(*paths, runs, state=folder / "state", config=config, provenance={})


def train(folder, name, *, seed=0, **changes):
    wanted = run(folder, name, seed=seed)
    train_all(folder, [wanted], **changes)
    return wanted.bundle, files.read(wanted.history, HISTORY)


@pytest.fixture(scope="module", autouse=True)
def traced_once():
    """Let trainings of one config share the function of a step, which JAX traces again for each new one, for 3 s."""
    made = {}

    def make_update(network, optimiser, config, mirrored, **options):
        key = json.dumps(config, sort_keys=True), mirrored, repr(options)
        return made.setdefault(key, update.make_update(network, optimiser, config, mirrored, **options))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "make_update", make_update)
        patch.setattr(program, "compile_steps", cache(program.compile_steps))
        yield


@pytest.fixture(scope="module")
def dots(tmp_path_factory):
    """A folder with data, one trained model and its history."""
    folder = tmp_path_factory.mktemp("dots")
    places = write_dots(folder)
    return folder, places, *train(folder, "first")


@pytest.fixture(scope="module")
def short(dots):
    """The model of `FEW` steps and its history."""
    return train(dots[0], "short", steps=FEW)


def test_a_network_learns_to_find_a_dot(dots):
    folder, places, bundle, _ = dots
    network, params, metadata = bundles.load_bundle(*bundle)
    labelled = dataset.load_dataset(folder / "dataset.parquet", keypoints=1)
    detector = Detector(network, params, batch_size=2)
    found = Single(detector).find_all(labelled.images[-2:], scale=1.0)
    assert np.linalg.norm(found.points[:, 0, 0] - places[-2:], axis=1).max() < 2.5  # px; half a cell is 2
    assert found.confidence.min() > 0.3
    assert metadata["individual"] == "m"


def test_history_has_a_row_per_step_and_validates_when_asked(dots):
    rows = dots[3]
    assert rows["step"].tolist() == list(range(1, STEPS + 1))
    assert rows.loc[rows["validation_error"].notna(), "step"].tolist() == [100, 200, 300, 400, STEPS]
    assert rows["loss"].tail(20).mean() < rows["loss"].head(20).mean() / 3
    assert rows["learning_rate"].max() == pytest.approx(5e-3)
    assert rows["learning_rate"].idxmax() == 10


def test_another_seed_gives_other_weights(dots, short):
    other = train(dots[0], "other", seed=4, steps=FEW)[0]
    assert short[0][0].read_bytes() != other[0].read_bytes()


def test_the_same_seed_gives_the_same_weights_whatever_test_frames_show(dots, short, tmp_path):
    """Spoil the pictures and labels of the test frames."""
    folder = dots[0]
    shutil.copy(folder / "splits.parquet", tmp_path)
    rows = files.read(folder / "dataset.parquet", DATASET)
    rows.loc[rows.index[-2:], "image"] = rows["image"].iloc[0]
    rows["points"] = [np.zeros_like(p) if i >= len(rows) - 2 else p for i, p in enumerate(rows["points"])]
    files.write(tmp_path / "dataset.parquet", rows, DATASET)
    spoilt = train(tmp_path, "spoilt", steps=FEW)[0]
    assert short[0][0].read_bytes() == spoilt[0].read_bytes()


def test_a_loss_that_is_no_number_stops_with_the_fix(dots):
    with pytest.raises(train_models.TrainingError, match="lower `train.learning_rate`"):
        train(dots[0], "wild", learning_rate=10, steps=60, warmup=0)


@pytest.mark.parametrize(
    ("part", "patience", "message"),
    [("train", None, "fold 0: no training frame shows"), ("validation", 3, "fold 0: train.patience: no validation fr")],
)
def test_frames_in_which_nothing_is_labelled_are_nothing_to_learn_from(dots, tmp_path, part, patience, message):
    shutil.copy(dots[0] / "splits.parquet", tmp_path)
    rows, parts = files.read(dots[0] / "dataset.parquet", DATASET), files.read(dots[0] / "splits.parquet", SPLITS)
    blank = np.full(2, np.nan, np.float32), np.full(1, VISIBILITIES.index("absent"), np.int8)
    chosen = (parts["part"] == part).to_numpy()
    for name, value in zip(("points", "visibility"), blank, strict=True):
        rows[name] = [value if empty else given for given, empty in zip(rows[name], chosen, strict=True)]
    files.write(tmp_path / "dataset.parquet", rows, DATASET)
    with pytest.raises(train_models.TrainingError, match=message):
        train(tmp_path, "none", patience=patience)


def test_a_fold_without_training_frames_is_refused(dots, tmp_path):
    shutil.copy(dots[0] / "dataset.parquet", tmp_path)
    table = files.read(dots[0] / "splits.parquet", SPLITS).assign(part="test")
    files.write(tmp_path / "splits.parquet", table, SPLITS)
    with pytest.raises(train_models.TrainingError, match="fold 0 has no training frames"):
        train(tmp_path, "none")


def interrupt(monkeypatch, step):
    """Make training save every step, and fail at `step`, after it was saved, as if the machine went down."""
    save = loop.checkpoints.save_checkpoint

    def crash(folder, number, arrays):
        save(folder, number, arrays)
        if number == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr(loop.checkpoints, "save_checkpoint", crash)


@pytest.mark.parametrize("changes", [{}, {"patience": 1, "validate_every": 2}])
def test_a_training_that_was_cut_short_ends_like_one_that_was_not(dots, short, tmp_path, monkeypatch, changes):
    for name in ("dataset.parquet", "splits.parquet"):
        shutil.copy(dots[0] / name, tmp_path)
    whole, rows = train(tmp_path, "whole", steps=FEW, **changes) if changes else short
    with monkeypatch.context() as patch:
        interrupt(patch, step=4)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path, "halves", steps=FEW, **changes)
    (folder,) = (tmp_path / "state").iterdir()
    newest = sorted(folder.iterdir())[-1]
    newest.write_bytes(newest.read_bytes()[:-7])  # torn: the one before it is taken
    halves, rows_again = train(tmp_path, "halves", steps=FEW, **changes)
    assert whole[0].read_bytes() == halves[0].read_bytes()
    pd.testing.assert_frame_equal(rows, rows_again)
    assert not (tmp_path / "state").exists()


def test_checkpoints_of_another_config_are_left_alone(dots, short, tmp_path, monkeypatch):
    for name in ("dataset.parquet", "splits.parquet"):
        shutil.copy(dots[0] / name, tmp_path)
    with monkeypatch.context() as patch:
        interrupt(patch, step=3)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path, "other", steps=FEW, learning_rate=1e-4)
    assert train(tmp_path, "other", steps=FEW)[0][0].read_bytes() == short[0][0].read_bytes()


PROCESS = """
import os, pathlib, pickle, sys
from marey.training import loop, train_models
loop.CHECKPOINT_SECONDS = 0
folder, signal, step = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
config = pickle.loads((folder / "config").read_bytes())
bundle = folder / "model.safetensors", folder / "model.json"
save = loop.checkpoints.save_checkpoint

def save_and_end(place, number, arrays):
    save(place, number, arrays)
    if number == step:
        os.kill(os.getpid(), signal)

loop.checkpoints.save_checkpoint = save_and_end
train_models.train_models(folder / "dataset.parquet", folder / "splits.parquet",
    [train_models.Run(0, 0, bundle, folder / "model.parquet")], state=folder / "state", config=config, provenance={})
"""


def train_apart(dots, folder, *, signal_=0, step=0, environment=ENVIRONMENT):
    """Train `FEW` steps in a process of its own, which gets a signal once a step is saved; its exit code."""
    for name in ("dataset.parquet", "splits.parquet"):
        shutil.copy(dots[0] / name, folder)
    config = stage_config(load_config({**CONFIG, "train": {**CONFIG["train"], "steps": FEW}}), "train_model")
    (folder / "config").write_bytes(pickle.dumps(config))
    command = [sys.executable, "-c", PROCESS, folder, str(int(signal_)), str(step)]
    return subprocess.run(command, env=environment).returncode


def test_sigterm_and_kill_lose_nothing(dots, short, tmp_path):
    assert train_apart(dots, tmp_path, signal_=signal.SIGTERM, step=3) == 143
    assert newest_step(tmp_path) >= 3
    assert train_apart(dots, tmp_path, signal_=signal.SIGKILL, step=6) == -signal.SIGKILL
    assert newest_step(tmp_path) == 6
    again, rows = train(tmp_path, "again", steps=FEW)
    assert again[0].read_bytes() == short[0][0].read_bytes()
    pd.testing.assert_frame_equal(rows, short[1])


def newest_step(folder):
    return max(int(path.stem) for path in folder.glob("state/*/[0-9]*.checkpoint"))


@pytest.fixture
def folds(dots, tmp_path):
    """A folder with the data in two folds, whose parts are the other way round."""
    table = files.read(dots[0] / "splits.parquet", SPLITS)
    other = table.assign(fold=1, part=table["part"].to_numpy()[::-1])
    files.write(tmp_path / "splits.parquet", pd.concat([table, other]), SPLITS)
    shutil.copy(dots[0] / "dataset.parquet", tmp_path)
    return tmp_path


def test_models_of_one_job_are_those_of_jobs_of_their_own_and_share_a_program(folds, monkeypatch):
    both = [run(folds, "one", fold=0, seed=1), run(folds, "two", fold=1, seed=2)]
    programs = []
    compile_steps = program.compile_steps.__wrapped__  # of this test's own
    monkeypatch.setattr(program, "compile_steps", lambda step: programs.append(compile_steps(step)) or programs[-1])
    train_all(folds, both, steps=FEW)
    assert [each._cache_size() for each in programs] == [1]
    together = [[path.read_bytes() for path in (each.bundle[0], each.history)] for each in both]
    for each, expected in zip(both, together, strict=True):
        train_all(folds, [each], steps=FEW)
        assert [path.read_bytes() for path in (each.bundle[0], each.history)] == expected
    assert together[0] != together[1]


def test_a_job_of_several_models_that_was_cut_short_keeps_those_that_were_finished(folds, monkeypatch):
    both = [run(folds, "one", fold=0, seed=1), run(folds, "two", fold=1, seed=2)]
    trained = []

    class Noting(loop.Training):
        """Notes whose steps are taken, and fails at those of a seed."""

        fails = 2

        def _orders(self, first, count):
            for order in super()._orders(first, count):
                assert self.run.seed != self.fails
                trained.append(self.run.seed)
                yield order

    monkeypatch.setattr(train_models, "Training", Noting)
    with pytest.raises(AssertionError):
        train_all(folds, both, steps=FEW)
    expected = both[0].bundle[0].read_bytes()
    both[0].bundle[0].unlink()  # as outputs of a failed job are
    trained.clear()
    monkeypatch.setattr(Noting, "fails", None)
    train_all(folds, both, steps=FEW)
    assert set(trained) == {2}
    assert both[0].bundle[0].read_bytes() == expected


def test_examples_on_the_device_train_the_model_of_those_on_the_host(dots, tmp_path, monkeypatch):
    """In calls of four steps, which a validation ends; also after an interruption."""
    for name in ("dataset.parquet", "splits.parquet"):
        shutil.copy(dots[0] / name, tmp_path)
    options = {"steps": 8, "validate_every": 4}
    expected, history = train(tmp_path, "host", **options)
    room = 12 * 96 * 96 * 3 / feeding.RESIDENT_PART  # as much as the images of the data set take
    monkeypatch.setattr(feeding, "_memory", lambda device: room)
    monkeypatch.setattr(feeding.FromHost, "chosen", None)
    found, rows = train(tmp_path, "device", **options)
    params = [np.concatenate(list(load_file(bundle[0]).values()), axis=None) for bundle in (found, expected)]
    # Within a loop XLA adds up in another order, and Adam makes whole steps of roundings of tiny gradients.
    assert np.linalg.norm(np.subtract(*params)) < 0.01 * np.linalg.norm(params[0])
    np.testing.assert_allclose(rows["loss"], history["loss"], rtol=1e-3)
    assert rows["validation_error"].notna().tolist() == [False, False, False, True] * 2
    with monkeypatch.context() as patch:
        interrupt(patch, step=4)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path, "halves", **options)
    halves, rows_again = train(tmp_path, "halves", **options)
    assert halves[0].read_bytes() == found[0].read_bytes()
    pd.testing.assert_frame_equal(rows, rows_again)
    monkeypatch.setattr(feeding, "_memory", lambda device: room - 1)
    with pytest.raises(TypeError):  # from the host, which this test has taken away
        train(tmp_path, "none", **options)


def test_calls_end_where_something_is_due():
    assert loop.steps_per_call(10, 0, 1000, 100) == 10
    assert loop.steps_per_call(10, 0, 1000, 125) == 5
    assert loop.steps_per_call(10, 4, 1000, 100) == 4  # goes on where calls were shorter
    assert loop.steps_per_call(10, 0, 9, 2) == loop.steps_per_call(1, 0, 1000, 100) == 1


def test_two_devices_train_the_model_of_one(dots, short, tmp_path):
    environment = {**ENVIRONMENT, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    assert train_apart(dots, tmp_path, environment=environment) == 0
    one = bundles.load_bundle(*short[0])[1]
    two = bundles.load_bundle(tmp_path / "model.safetensors", tmp_path / "model.json")[1]
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=2e-4), one, two)


def test_with_patience_the_weights_are_those_of_the_best_validation(dots, tmp_path):
    for name in ("dataset.parquet", "splits.parquet"):
        shutil.copy(dots[0] / name, tmp_path)
    kept, rows = train(tmp_path, "kept", steps=30, validate_every=1, patience=3)
    assert len(rows) < 30
    assert len(rows) == rows["validation_error"].argmin() + 1 + 3
    labelled = dataset.load_dataset(tmp_path / "dataset.parquet", keypoints=1)
    network, params, _ = bundles.load_bundle(*kept)
    chosen = np.flatnonzero(dataset.frame_parts(tmp_path / "splits.parquet", labelled, fold=0)["part"] == "validation")
    detector = Detector(network, params, batch_size=2)
    points = Single(detector).find_all([labelled.images[i] for i in chosen], scale=1.0).points[:, 0]
    error = np.linalg.norm(points - labelled.points[chosen, 0], axis=-1).mean()
    assert error == pytest.approx(rows["validation_error"].min(), abs=0.01)


def test_patience_without_validation_frames_is_refused(dots, tmp_path):
    shutil.copy(dots[0] / "dataset.parquet", tmp_path)
    table = files.read(dots[0] / "splits.parquet", SPLITS).assign(part="train")
    files.write(tmp_path / "splits.parquet", table, SPLITS)
    with pytest.raises(train_models.TrainingError, match=r"train\.patience: no validation frame shows"):
        train(tmp_path, "none", patience=1)


def test_what_a_bundle_knew_is_shown_again_and_both_errors_are_told(tmp_path, monkeypatch, caplog):
    """Labels of one keypoint that the bundle knows, and of one that it does not."""
    monkeypatch.setattr(rendered, "HELD_OUT_IMAGES", 2)
    write_bundle(tmp_path / "bundle", ["snout", "tail_base"])
    (tmp_path / "bundle" / "card.json").write_text('{"animal": "mouse_top", "size": [20, 300]}')
    places = write_dots(tmp_path)
    table = files.read(tmp_path / "dataset.parquet", DATASET)
    table["points"] = [np.concatenate([place, place + 9]).astype(np.float32) for place in places]
    table["visibility"] = [np.zeros(2, np.int8)] * len(table)
    files.write(tmp_path / "dataset.parquet", table, DATASET)
    (tmp_path / "labels.csv").write_text("video,frame,individual,keypoint,x,y\nv,0,m,nose,1,1\nv,0,m,dot,1,1\n")
    raw = {**CONFIG, "data": str(tmp_path), "keypoints": ["nose", "dot"], "labels": {"sources": ["labels.csv"]}}
    raw["model"] = {"init": "bundle", "replay": 0.5}
    raw["train"] = {**CONFIG["train"], "steps": 2, "batch_size": 2}
    loaded = load_config(raw)
    config = stage_config(loaded, "train_model") | {"card": initial_model.said_of(initial_model.initial_bundle(loaded))}
    wanted = run(tmp_path, "shown")
    options = {"bundle": initial_model.initial_bundle(loaded), "state": tmp_path / "state", "provenance": {}}

    with caplog.at_level("INFO"):
        train_models.train_models(
            tmp_path / "dataset.parquet", tmp_path / "splits.parquet", [wanted], config=config, **options
        )

    history = files.read(wanted.history, HISTORY).set_index("step")
    assert history.index.tolist() == [0, 1, 2]
    measured = history[["validation_error", "replay_error"]]
    assert measured.notna().all(axis=1).tolist() == [True, False, True]
    assert history["loss"].isna().tolist() == [True, False, False]
    said = "mean error on validation frames {:.2f} px before, {:.2f} after; .* {:.2f} px before, {:.2f} after"
    assert re.search(said.format(*measured.loc[[0, 2]].to_numpy().T.ravel()), caplog.text)
    assert "1 of 2 keypoints" in caplog.text


def test_a_model_to_start_from_that_was_not_given_is_no_new_one(tmp_path):
    config = {"model": {"init": "zoo:mouse_top"}}
    with pytest.raises(loop.TrainingError, match="model.init: zoo:mouse_top is to be trained further, but was not"):
        train_models.train_models(tmp_path, tmp_path, [], state=tmp_path, config=config, provenance={})
