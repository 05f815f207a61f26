"""Inference: a dot drawn at a known place comes back from there, whatever the size, scale, stride and shard."""

import numpy as np
import pytest
from PIL import Image

from marey import bundles, dataset, inference
from marey.labels.sources import ingest_labels
from marey.tables import files, predictions

from .dots import DotNetwork, picture

FACTS = {"keypoints": ["dot"], "preprocessing": {"scale": 1.0}, "individual": "m"}


def detector(stride=4):
    return inference.Detector(DotNetwork(stride), {}, batch_size=2)


@pytest.mark.parametrize("stride", [4, 8])
@pytest.mark.parametrize("scale", [0.5, 1.0, 1.7])
@pytest.mark.parametrize("size", [(128, 96), (131, 97)])
def test_a_dot_comes_back(size, scale, stride):
    width, height = size
    places = np.array([[40.5, 30.5], [64.0, 48.0], [101.3, 70.9]])
    images = np.stack([picture(width, height, x, y) for x, y in places])
    points, confidence = inference.detect_all(detector(stride), images, scale=scale)
    assert points.shape == (3, 1, 2)
    assert confidence.shape == (3, 1)
    np.testing.assert_allclose(points[:, 0], places, atol=0.1)


def test_pictures_of_several_sizes_keep_their_order():
    places = [(20, 20), (50, 30), (30, 40), (25, 35), (60, 20)]
    sizes = [(64, 64), (96, 64), (64, 64), (64, 64), (96, 64)]
    images = [picture(*size, *place) for size, place in zip(sizes, places, strict=True)]
    points, _ = inference.detect_all(detector(), images, scale=1.0)
    np.testing.assert_allclose(points[:, 0], places, atol=0.1)


def test_a_label_and_a_dot_at_one_pixel_agree_from_project_to_prediction(tmp_path, monkeypatch):
    """DeepLabCut's pixel (column 30, row 20) is where the network finds the dot that is drawn in that pixel."""
    folder = tmp_path / "labeled-data" / "clip"
    folder.mkdir(parents=True)
    (tmp_path / "config.yaml").write_text("scorer: me\nbodyparts: [dot]\nskeleton: []\nmultianimalproject: false\n")
    rows = ["scorer,me,me", "bodyparts,dot,dot", "coords,x,y"]
    for frame, (column, row) in enumerate([(30, 20), (51, 40)]):
        name = f"img{frame:03}.png"
        Image.fromarray(picture(96, 65, column + 0.5, row + 0.5)).save(folder / name)
        rows.append(f"labeled-data/clip/{name},{column},{row}")
    (folder / "CollectedData_me.csv").write_text("\n".join(rows) + "\n")
    paths = {name: tmp_path / f"{name}.parquet" for name in ("labels", "dropped", "dataset", "splits", "out")}
    options = {"data": tmp_path, "keypoints": ("dot",), "probes": [], "on_error": "stop", "provenance": {}}
    ingest_labels(["."], paths["labels"], paths["dropped"], **options)
    dataset.pack_dataset(paths["labels"], paths["dataset"], data=tmp_path, videos={}, keypoints=["dot"], provenance={})
    split = {"fold": [0, 0], "video": ["clip"] * 2, "frame": [0, 1], "group": ["a", "b"], "part": ["train", "test"]}
    files.write(paths["splits"], split, dataset.splits.SCHEMA)
    monkeypatch.setattr(bundles, "load", lambda *_: (DotNetwork(), {}, FACTS))
    inference.predict_frames(paths["dataset"], paths["splits"], ("w", "f"), paths["out"], fold=0, provenance={})
    table = files.read(paths["out"], predictions.SCHEMA)
    assert table["part"].tolist() == ["train", "test"]
    assert table["true_x"].tolist() == [30.5, 51.5]
    np.testing.assert_allclose(table[["x", "y"]], table[["true_x", "true_y"]], atol=0.1)
