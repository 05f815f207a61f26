"""Prediction of labelled frames: beside the truth, in the same pixels."""

import numpy as np
from PIL import Image

from marey.inference import detector, engines, predict_frames
from marey.labels.ingest_labels import ingest_labels
from marey.labels.pack_dataset import pack_dataset
from marey.networks.outputs import SINGLE
from marey.tables import files
from marey.tables.predictions import PREDICTIONS
from marey.tables.splits import SPLITS

from ..dots import DotNetwork, picture

METADATA = {
    "animals": SINGLE.metadata(("dot",)),
    "keypoints": ["dot"],
    "preprocessing": {"scale": 1.0},
    "individual": "m",
}


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
    paths = {
        name: tmp_path / f"{name}.parquet"
        for name in ("labels", "dropped", "images", "apart", "dataset", "splits", "out")
    }
    options = {"data": tmp_path, "keypoints": ("dot",), "probes": [], "on_error": "stop", "provenance": {}}
    ingest_labels(["."], paths["labels"], paths["dropped"], paths["images"], paths["apart"], **options)
    animals = {"method": "single", "unique": []}
    options = {"data": tmp_path, "videos": {}, "keypoints": ["dot"], "animals": animals, "provenance": {}}
    pack_dataset(paths["labels"], paths["images"], paths["dataset"], **options)
    split = {"fold": [0, 0], "video": ["clip"] * 2, "frame": [0, 1], "group": ["a", "b"], "part": ["train", "test"]}
    files.write(paths["splits"], split, SPLITS)
    monkeypatch.setattr(
        engines, "start_detector", lambda *_, **__: (detector.Detector(DotNetwork(), {}, batch_size=2), METADATA)
    )
    options = {"fold": 0, "engine": "jax", "provenance": {}}
    predict_frames.predict_frames(
        paths["dataset"], paths["splits"], engines.ModelFiles("w", "m", "o", None), paths["out"], **options
    )
    assert files.read_provenance(paths["out"])["engine"] == "jax"
    table = files.read(paths["out"], PREDICTIONS)
    assert table["part"].tolist() == ["train", "test"]
    assert table["true_x"].tolist() == [30.5, 51.5]
    np.testing.assert_allclose(table[["x", "y"]], table[["true_x", "true_y"]], atol=0.1)
