"""The 8-bit twin: made of training frames alone, the same each time."""

import numpy as np
import onnx

from marey import quantisation
from marey.tables import dataset, files

from .conftest import encode


def test_a_network_of_other_keypoints_than_the_labels_takes_their_pictures(model, tmp_path):
    """As a locator, to which an animal is one keypoint."""
    folder = model.weights.parent
    rows = files.read(folder / "dataset.parquet", dataset.SCHEMA)
    rows["points"], rows["visibility"] = [np.ones(6, np.float32)] * len(rows), [np.zeros(3, np.int8)] * len(rows)
    files.write(tmp_path / "dataset.parquet", rows, dataset.SCHEMA)
    tables = tmp_path / "dataset.parquet", folder / "splits.parquet"
    quantisation.quantise_model((model.weights, model.facts), model.twin, *tables, tmp_path / "again.onnx", fold=0)
    assert onnx.load(tmp_path / "again.onnx").graph == onnx.load(model.quantised).graph


def test_only_training_frames_set_the_ranges_of_8_bits(model, pictures, tmp_path):
    folder = model.weights.parent
    rows = files.read(folder / "dataset.parquet", dataset.SCHEMA)
    rows["image"] = [*rows["image"][:4], *[encode(np.full((64, 96, 3), 255, np.uint8))] * 3]
    files.write(tmp_path / "dataset.parquet", rows, dataset.SCHEMA)
    tables = tmp_path / "dataset.parquet", folder / "splits.parquet"
    quantisation.quantise_model((model.weights, model.facts), model.twin, *tables, tmp_path / "again.onnx", fold=0)
    again, first = (onnx.load(path).graph for path in (tmp_path / "again.onnx", model.quantised))
    assert again == first
    assert any(node.op_type == "QuantizeLinear" for node in first.node)
