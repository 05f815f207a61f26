"""Augmented examples, to be looked at: those of training, by either method."""

import numpy as np
import pytest

from marey.experiment.config import load_config
from marey.experiment.stages import stage_config
from marey.pictures.encoding import encode
from marey.tables import files
from marey.tables.dataset import DATASET
from marey.tables.splits import SPLITS
from marey.training import preview


@pytest.mark.parametrize(("method", "animals"), [("bottom_up", 2), ("top_down", 1)])
def test_examples_show_the_animals_of_training_frames(tmp_path, method, animals):
    pictures = [encode(np.full((96, 128, 3), value, np.uint8)) for value in (60, 255)]
    rows = {"video": ["v"] * 2, "frame": [0, 1], "width": [128] * 2, "height": [96] * 2, "image": pictures}
    points = np.array([[40, 40], [50, 50], [90, 60], [80, 50]], np.float32).ravel()
    rows |= {"individuals": [["a", "b"]] * 2, "points": [points] * 2, "visibility": [np.zeros(4, np.int8)] * 2}
    files.write(tmp_path / "dataset.parquet", rows, DATASET)
    parts = {"fold": [0, 0], "video": ["v"] * 2, "frame": [0, 1], "group": ["g"] * 2, "part": ["train", "test"]}
    files.write(tmp_path / "splits.parquet", parts, SPLITS)
    raw = {"project": "p", "data": ".", "videos": ".", "keypoints": ["nose", "tail"], "animals": {"method": method}}
    off = {name: {"probability": 0} for name in ("brightness", "contrast", "gamma", "noise", "cutout", "equalise")}
    config = stage_config(load_config({**raw, "augment": off, "train": {"crop": 64}}), "plot_augmented")
    tables = tmp_path / "dataset.parquet", tmp_path / "splits.parquet"
    images, points = preview.augmented_examples(*tables, count=5, config=config)
    assert images.shape == (5, 64, 64, 3)
    assert points.shape == (5, animals, 2, 2)
    np.testing.assert_allclose(images, 60 / 255, atol=0.01)  # the test frame is white
