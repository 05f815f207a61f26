"""Detection of several animals in labelled frames: tables of candidates, by either method, in px of the pictures."""

import numpy as np
import pytest

from marey.inference import detect_frames, engines
from marey.inference.detector import CPU_BATCH, Detector
from marey.networks import outputs
from marey.pictures.encoding import encode
from marey.tables import files
from marey.tables.dataset import DATASET
from marey.tables.detections import DETECTIONS

from ..dots import DotNetwork, picture

SIZES = ((192, 128), (160, 96), (192, 128))
PLACES = (((40, 60), (150.5, 70)), ((100, 50.25),), ())


def metadata(name: str, scale: float, side: int = 0) -> dict:
    layout = outputs.Layout(False, most=2, side=side)
    preprocessing = {"scale": scale}
    return {
        "architecture": {"sigma": 6.0},
        "keypoints": [name],
        "animals": layout.metadata((name,)),
        "preprocessing": preprocessing,
    }


@pytest.fixture
def labelled(tmp_path):
    """A data set of three frames of two sizes, with two dots, one and none."""
    pictures = [
        np.max([np.zeros((*size[::-1], 3), np.uint8), *(picture(*size, *place) for place in places)], axis=0)
        for size, places in zip(SIZES, PLACES, strict=True)
    ]
    rows = {"video": ["v"] * 3, "frame": [2, 5, 7], "image": [encode(each) for each in pictures]}
    rows |= {"width": [size[0] for size in SIZES], "height": [size[1] for size in SIZES]}
    rows |= {"individuals": [["a", "b"]] * 3, "points": [np.zeros(4, np.float32)] * 3}
    files.write(tmp_path / "dataset.parquet", rows | {"visibility": [np.zeros(2, np.int8)] * 3}, DATASET)
    return tmp_path / "dataset.parquet"


@pytest.mark.parametrize("side", [0, 64])
def test_dots_are_found_where_they_are_by_either_method(labelled, tmp_path, monkeypatch, side):
    models = {"pose": metadata("dot", 1.5, side), "centre": metadata("centre", 0.75)}
    detector = Detector(DotNetwork(reach=12), {}, batch_size=CPU_BATCH)
    monkeypatch.setattr(engines, "start_detector", lambda model, **_: (detector, models[model.weights]))
    outs = [tmp_path / "detections.parquet"] + [tmp_path / "affinities.parquet"] * (not side)
    pose, centre = (engines.ModelFiles(name, "m", "o", None) for name in models)
    detect_frames.detect_frames(labelled, [pose], [centre] if side else [], *outs, engine="jax", provenance={})
    found = files.read(outs[0], DETECTIONS)
    assert set(found["frame"]) == {2, 5, 7}  # a keypoint that is nowhere has a row, too
    seen = found[found["confidence"] > 0.5].sort_values(["frame", "x"])
    assert seen["frame"].tolist() == [2, 2, 5]
    np.testing.assert_allclose(seen[["x", "y"]], [*PLACES[0], *PLACES[1]], atol=0.3)
    assert (tmp_path / "affinities.parquet").exists() == (not side)
