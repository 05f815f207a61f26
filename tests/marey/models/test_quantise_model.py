"""The 8-bit ONNX copy: made of training frames alone, the same each time."""

import json

import numpy as np
import onnx

from marey.models import quantise_model
from marey.pictures.encoding import encode
from marey.tables import files
from marey.tables.dataset import DATASET


def test_a_network_of_other_keypoints_than_the_labels_takes_their_pictures(model, tmp_path):
    """As a locator, to which an animal is one keypoint."""
    folder = model.weights.parent
    rows = files.read(folder / "dataset.parquet", DATASET)
    rows["points"], rows["visibility"] = [np.ones(6, np.float32)] * len(rows), [np.zeros(3, np.int8)] * len(rows)
    files.write(tmp_path / "dataset.parquet", rows, DATASET)
    tables = tmp_path / "dataset.parquet", folder / "splits.parquet"
    quantise_model.quantise_model(
        (model.weights, model.metadata), model.onnx_copy, *tables, tmp_path / "again.onnx", fold=0
    )
    assert onnx.load(tmp_path / "again.onnx").graph == onnx.load(model.quantised).graph


def test_only_training_frames_set_the_ranges_of_8_bits(model, pictures, tmp_path):
    folder = model.weights.parent
    rows = files.read(folder / "dataset.parquet", DATASET)
    rows["image"] = [*rows["image"][:4], *[encode(np.full((64, 96, 3), 255, np.uint8))] * 3]
    files.write(tmp_path / "dataset.parquet", rows, DATASET)
    tables = tmp_path / "dataset.parquet", folder / "splits.parquet"
    quantise_model.quantise_model(
        (model.weights, model.metadata), model.onnx_copy, *tables, tmp_path / "again.onnx", fold=0
    )
    again, first = (onnx.load(path).graph for path in (tmp_path / "again.onnx", model.quantised))
    assert again == first
    assert any(node.op_type == "QuantizeLinear" for node in first.node)


def test_a_network_that_looks_at_squares_learns_its_ranges_from_these(model, pictures, tmp_path, monkeypatch):
    folder = model.weights.parent
    metadata = json.loads(model.metadata.read_text())
    metadata["animals"]["side"] = 32
    (tmp_path / "model.json").write_text(json.dumps(metadata))
    rows = files.read(folder / "dataset.parquet", DATASET)
    rows["visibility"] = [np.zeros(2, np.int8)] * len(rows)

    def ranges(change: slice, animals: slice = slice(None)) -> onnx.GraphProto:
        points = np.full((len(rows), 4), np.nan, np.float32)
        points[animals] = 20, 20, 24, 24  # squares end at 38 px
        rows["points"] = list(points)
        changed = np.array(pictures)
        changed[:, :, change] = 255
        rows["image"] = [encode(picture) for picture in changed]
        files.write(tmp_path / "dataset.parquet", rows, DATASET)
        bundle, tables = (
            (model.weights, tmp_path / "model.json"),
            (tmp_path / "dataset.parquet", folder / "splits.parquet"),
        )
        quantise_model.quantise_model(bundle, model.onnx_copy, *tables, tmp_path / "again.onnx", fold=0)
        return onnx.load(tmp_path / "again.onnx").graph

    unchanged = ranges(slice(0, 0))
    assert ranges(slice(38, None)) == unchanged
    assert ranges(slice(30, None)) != unchanged
    monkeypatch.setattr(quantise_model, "RANGE_FRAMES", 1)
    last = ranges(slice(0, 0), animals=slice(3, 4))  # of four training frames, the others show no animal
    assert any(node.op_type == "QuantizeLinear" for node in last.node)
