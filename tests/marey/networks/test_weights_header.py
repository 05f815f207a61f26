"""Headers of weights: a file that is cut, changed or of another model is refused by its name, unread."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from marey.networks.metadata import BundleError, read_metadata
from marey.networks.outputs import Layout
from marey.networks.weights_header import check_weights, read_header
from marey.zoo import catalogue

from ..made_model import write_metadata, write_weights

LAYOUT = Layout(False, ((0, 1),), (), 2, descriptor=3)


@pytest.fixture
def weights(tmp_path):
    write_metadata(tmp_path / "model.json", ["a", "b"], LAYOUT)
    write_weights(tmp_path)
    return tmp_path / "model.safetensors"


def test_the_header_is_that_of_the_library(tmp_path):
    arrays = {
        "x": np.zeros((2, 3), np.float16),
        "y/z": np.zeros((0, 4), np.float32),
        "w": np.zeros((), np.float32),
    }
    save_file(arrays, tmp_path / "w.safetensors", metadata={"made": "here"})
    found = {name: (array["dtype"], array["shape"]) for name, array in read_header(tmp_path / "w.safetensors").items()}
    assert found == {"x": ("F16", [2, 3]), "y/z": ("F32", [0, 4]), "w": ("F32", [])}


def test_whole_weights_pass(weights):
    metadata = read_metadata(weights.with_name("model.json"))
    check_weights(weights, metadata)
    check_weights(weights, {**metadata, "weights": {**metadata["weights"], "parameters": 2 + 2 + 3}})


@pytest.mark.parametrize("name", catalogue.names())
def test_the_zoo_is_whole(name):
    catalogue.find(f"zoo:{name}").check()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content[:-1], r"bytes, its header tells of \d+: it was cut or changed"),
        (lambda content: content + b"x", "bytes, its header tells of"),
        (lambda content: content[:40], "no header of safetensors"),
        (lambda content: b"", "no header of safetensors"),
        (lambda content: b"\xff" * 99, "no header of safetensors"),
        (lambda content: (2).to_bytes(8, "little") + b"{}", "no header of safetensors"),
        (lambda content: (2).to_bytes(8, "little") + b"[]", "no header of safetensors"),
        (lambda content: (11).to_bytes(8, "little") + b'{"a": null}', "no header of safetensors"),
        (lambda content: content.replace(b"F32", b"F64", 1), "are F64, model.json says float32"),
    ],
)
def test_a_file_that_is_not_whole_is_named(weights, change, message):
    weights.write_bytes(change(weights.read_bytes()))
    with pytest.raises(BundleError, match=rf"model.safetensors: .*{message}.*copy both files|{message}"):
        check_weights(weights, read_metadata(weights.with_name("model.json")))


@pytest.mark.parametrize(
    ("keypoints", "layout", "message"),
    [
        (["a", "b", "c"], LAYOUT, "'heatmap/out/kernel': 2 outputs, model.json tells of 3"),
        (["a", "b"], LAYOUT._replace(edges=()), None),
        (
            ["a", "b"],
            LAYOUT._replace(edges=((0, 1), (1, 0))),
            "'affinity/out/kernel': 2 outputs, model.json tells of 4",
        ),
        (["a", "b"], LAYOUT._replace(identities=("x",)), "'identity/out/kernel': missing, model.json tells of 2"),
        (["a", "b"], LAYOUT._replace(descriptor=5), "'descriptor/kernel': 3 outputs, model.json tells of 5"),
    ],
)
def test_weights_of_another_model_are_named(weights, keypoints, layout, message):
    path = weights.with_name("model.json")
    write_metadata(path, keypoints, layout, weights={"blake2b": "", "precision": "float32"})
    metadata = read_metadata(path)
    if message:
        with pytest.raises(BundleError, match=message):
            check_weights(weights, metadata)
    count = {**metadata, "weights": {**metadata["weights"], "parameters": 99}}
    with pytest.raises(BundleError, match=message or "7 weights, model.json tells of 99"):
        check_weights(weights, count)
