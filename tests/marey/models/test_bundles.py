import json
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from marey.experiment.skeletons import Skeleton
from marey.models import bundles
from marey.models.bundles import BundleError
from marey.networks.network import PoseNetwork, build_network, count_parameters
from marey.training.initialise import initialise

MODEL = {"backbone": "small", "scale": 0.5, "stride": 8, "channels": 16, "sigma": 6.0}
SKELETON = Skeleton(("nose", "left_ear", "right_ear"), ((0, 1), (0, 2)), ((1, 2),))
TRAINING = {"seed": 3, "fold": 0, "config": "abc"}


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """(folder with a saved bundle, its parameters, its metadata)"""
    folder = tmp_path_factory.mktemp("bundle")
    params = initialise(jax.random.key(0), build_network(MODEL, 3))
    metadata = bundles.describe_model(MODEL, SKELETON, extent=60.0, training=TRAINING)
    bundles.save_bundle(folder / "model.safetensors", folder / "model.json", params, metadata)
    return folder, params, metadata


@pytest.fixture
def files(original, tmp_path):
    """A copy of the bundle's two files, to spoil."""
    return [shutil.copy(original[0] / name, tmp_path) for name in ("model.safetensors", "model.json")]


def edit(path, change):
    metadata = json.loads(Path(path).read_text(encoding="utf-8"))
    change(metadata)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(metadata, file)


def test_round_trip(original, files):
    _, params, metadata = original
    network, loaded, found = bundles.load_bundle(*files)
    assert network == PoseNetwork("small", 3, 8, 16, 6.0)
    jax.tree.map(np.testing.assert_array_equal, loaded, params)
    assert {key: found[key] for key in metadata} == metadata
    assert found["weights"]["parameters"] == count_parameters(params)
    image = jax.random.uniform(jax.random.key(1), (1, 64, 64, 3))
    run = jax.jit(network.apply)
    a, b = run(loaded, image), run(params, image)
    jax.tree.map(np.testing.assert_array_equal, a, b)


def test_metadata_are_plain_names(original):
    metadata = original[2]
    assert metadata["skeleton"] == [["nose", "left_ear"], ["nose", "right_ear"]]
    assert metadata["symmetry"] == [["left_ear", "right_ear"]]
    assert metadata["preprocessing"]["scale"] == 0.5
    assert metadata["preprocessing"]["multiple"] == 32
    assert metadata["training"] == TRAINING


def test_weights_have_readable_flat_names(files):
    names = load_file(files[0])
    assert {"trunk/stage0/down/kernel", "lateral32/bias", "heatmap/out/kernel"} <= set(names)


def test_equal_input_gives_equal_bytes(original, tmp_path):
    folder, params, metadata = original
    backwards = {"params": dict(reversed(params["params"].items()))}
    bundles.save_bundle(tmp_path / "a.safetensors", tmp_path / "a.json", backwards, dict(reversed(metadata.items())))
    assert (tmp_path / "a.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()
    assert (tmp_path / "a.json").read_bytes() == (folder / "model.json").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "a.safetensors"]


def test_changed_weights_are_refused(files):
    weights = {name: value.copy() for name, value in load_file(files[0]).items()}
    weights["heatmap/out/bias"][0] += 1
    save_file(weights, files[0])
    with pytest.raises(BundleError, match="model.safetensors: blake2b is .* not of one bundle"):
        bundles.load_bundle(*files)


def test_cut_weights_are_refused(files):
    with open(files[0], "r+b") as file:
        file.truncate(1000)
    with pytest.raises(BundleError, match="blake2b"):
        bundles.load_bundle(*files)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda metadata: metadata.update(format=2), "bundle format 2, this version reads 1 to 1; update"),
        (lambda metadata: metadata.pop("format"), "no whole number 'format'"),
        (lambda metadata: metadata.pop("symmetry"), "lack symmetry"),
        (lambda metadata: metadata["architecture"].pop("stride"), "lack architecture.stride"),
        (lambda metadata: metadata["weights"].pop("blake2b"), "lack weights.blake2b"),
        (lambda metadata: metadata["keypoints"].append("tail"), r"'heatmap/out/bias': \(3,\), expected \(4,\)"),
        (lambda metadata: metadata["architecture"].update(stride=4), "'lateral4/bias': missing, expected"),
    ],
)
def test_wrong_metadata_are_refused(files, change, message):
    edit(files[1], change)
    with pytest.raises(BundleError, match=message):
        bundles.load_bundle(*files)


def test_missing_and_broken_files_are_refused(files, tmp_path):
    with pytest.raises(BundleError, match="none.json: no such file"):
        bundles.load_bundle(files[0], tmp_path / "none.json")
    with pytest.raises(BundleError, match="none.safetensors: no such file"):
        bundles.load_bundle(tmp_path / "none.safetensors", files[1])
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(BundleError, match="broken.json: not a model's JSON file"):
        bundles.load_bundle(files[0], tmp_path / "broken.json")


def test_a_single_animal_has_its_name():
    one, two, nobody = (
        bundles.describe_model(MODEL, SKELETON, extent=60.0, training={}, individuals=names)["individual"]
        for names in ({"ada"}, {"ada", "bob"}, set())
    )
    assert (one, two, nobody) == ("ada", "animal", "animal")


def test_incomplete_metadata_are_not_saved(original, tmp_path):
    _, params, metadata = original
    metadata = {key: value for key, value in metadata.items() if key != "training"}
    with pytest.raises(BundleError, match="lack training"):
        bundles.save_bundle(tmp_path / "m.safetensors", tmp_path / "m.json", params, metadata)
    assert not list(tmp_path.iterdir())
