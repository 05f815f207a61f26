"""Training: it learns, it repeats itself exactly, it leaves frozen weights alone, and it says when it cannot go on."""

import io
import shutil

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from PIL import Image

from marey import augment, bundles, dataset, inference, training
from marey.config import load, stage_config
from marey.tables import files, history, splits

from .dots import picture

STEPS = 450
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
    "augment": {name: {"probability": 0} for name in augment.PHOTOMETRIC},
}


def write_dots(folder, count=12):
    """A data set of bright dots at known places and its split; the last two frames test, the two before validate."""
    generator = np.random.default_rng(0)
    places = generator.uniform(16, 80, (count, 2)).astype(np.float32)
    rows = {"video": ["v"] * count, "frame": range(count), "width": [96] * count, "height": [96] * count}
    rows["image"] = [encode(picture(96, 96, *place)) for place in places]
    rows |= {"individuals": [["m"]] * count, "points": list(places), "visibility": [np.zeros(1, np.int8)] * count}
    files.write(folder / "dataset.parquet", rows, dataset.table.SCHEMA)
    part = ["train"] * (count - 4) + ["validation"] * 2 + ["test"] * 2
    table = {"fold": [0] * count, "video": ["v"] * count, "frame": range(count), "group": ["g"] * count, "part": part}
    files.write(folder / "splits.parquet", table, splits.SCHEMA)
    return places


def encode(image):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return buffer.getvalue()


def train(folder, name, *, seed=0, **changes):
    config = stage_config(load({**CONFIG, "train": {**CONFIG["train"], **changes}}), "train_model")
    bundle = folder / f"{name}.safetensors", folder / f"{name}.json"
    options = {"fold": 0, "seed": seed, "config": config, "provenance": {}}
    paths = folder / "dataset.parquet", folder / "splits.parquet", bundle, folder / f"{name}.parquet"
    training.train_model(*paths, **options)
    return bundle, files.read(folder / f"{name}.parquet", history.SCHEMA)


@pytest.fixture(scope="module")
def dots(tmp_path_factory):
    """A folder with data, one trained model and its history."""
    folder = tmp_path_factory.mktemp("dots")
    places = write_dots(folder)
    return folder, places, *train(folder, "first")


def test_a_network_learns_to_find_a_dot(dots):
    folder, places, bundle, _ = dots
    network, params, facts = bundles.load(*bundle)
    labelled = dataset.load(folder / "dataset.parquet", keypoints=1)
    points, confidence = inference.detect_all(network, params, labelled.images[-2:], scale=1.0, batch_size=2)
    assert np.linalg.norm(points[:, 0] - places[-2:], axis=1).max() < 2.5  # px; half a cell is 2
    assert confidence.min() > 0.3
    assert facts["individual"] == "m"


def test_history_has_a_row_per_step_and_looks_at_validation_when_asked(dots):
    rows = dots[3]
    assert rows["step"].tolist() == list(range(1, STEPS + 1))
    assert rows.loc[rows["validation_error"].notna(), "step"].tolist() == [100, 200, 300, 400, STEPS]
    assert rows["loss"].tail(20).mean() < rows["loss"].head(20).mean() / 3
    assert rows["learning_rate"].max() == pytest.approx(5e-3)
    assert rows["learning_rate"].idxmax() == 10


def test_the_same_seed_gives_the_same_weights_and_another_others(dots):
    folder = dots[0]
    again, other = (train(folder, name, seed=seed, steps=5)[0] for name, seed in (("again", 3), ("other", 4)))
    first = train(folder, "once", seed=3, steps=5)[0]
    assert first[0].read_bytes() == again[0].read_bytes()
    assert first[0].read_bytes() != other[0].read_bytes()


def test_test_frames_change_nothing(dots, tmp_path):
    """Spoil the pictures and labels of the test frames: the weights stay the same."""
    folder = dots[0]
    shutil.copy(folder / "splits.parquet", tmp_path)
    rows = files.read(folder / "dataset.parquet", dataset.table.SCHEMA)
    rows.loc[rows.index[-2:], "image"] = rows["image"].iloc[0]
    rows["points"] = [np.zeros_like(p) if i >= len(rows) - 2 else p for i, p in enumerate(rows["points"])]
    files.write(tmp_path / "dataset.parquet", rows, dataset.table.SCHEMA)
    clean, spoilt = (train(path, "few", steps=5)[0] for path in (folder, tmp_path))
    assert clean[0].read_bytes() == spoilt[0].read_bytes()


def test_a_loss_that_is_no_number_stops_with_the_fix(dots):
    with pytest.raises(training.TrainingError, match="lower `train.learning_rate`"):
        train(dots[0], "wild", learning_rate=1e30, warmup=0, steps=20)


def test_a_fold_without_training_frames_is_refused(dots, tmp_path):
    shutil.copy(dots[0] / "dataset.parquet", tmp_path)
    table = files.read(dots[0] / "splits.parquet", splits.SCHEMA).assign(part="test")
    files.write(tmp_path / "splits.parquet", table, splits.SCHEMA)
    with pytest.raises(training.TrainingError, match="fold 0 has no training frames"):
        train(tmp_path, "none")


def test_frozen_parameters_stay_and_the_rest_follows_adamw():
    config = load(CONFIG)["train"]
    params = {"a": jnp.ones(3), "b": jnp.ones(3)}
    optimiser, schedule = training.make_optimiser(config, {"a": True, "b": False})
    gradient = jax.tree.map(lambda value: 0.1 * value, params)
    updates, _ = optimiser.update(gradient, optimiser.init(params), params)
    reference = optax.adamw(float(schedule(0)), weight_decay=config["weight_decay"])
    expected, _ = reference.update(gradient["b"], reference.init(params["b"]), params["b"])
    assert (updates["a"] == 0).all()
    np.testing.assert_allclose(updates["b"], expected, rtol=1e-5)


def test_examples_are_at_the_scale_of_the_network(dots):
    labelled = dataset.load(dots[0] / "dataset.parquet", keypoints=1)
    examples = training.Examples(labelled, np.arange(3), scale=0.5)
    assert examples.images.shape == (3, 64, 64, 3)
    np.testing.assert_allclose(examples.sizes, 48)
    np.testing.assert_allclose(examples.points, labelled.points[:3] / 2)
