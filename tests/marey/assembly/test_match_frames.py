"""Labelled frames: the animals that are seen in them stand beside the labels, with the keypoints of the experiment."""

import numpy as np
import pandas as pd

from marey.assembly.match_frames import match_frames
from marey.networks.outputs import Layout
from marey.pictures.encoding import encode
from marey.tables import files
from marey.tables.affinities import AFFINITIES
from marey.tables.dataset import DATASET
from marey.tables.detections import DETECTIONS
from marey.tables.graph import GRAPH
from marey.tables.matched import MATCHED
from marey.tables.splits import SPLITS

from ..made_model import write_metadata


def test_helpers_of_a_bundle_put_animals_together_and_are_not_matched(tmp_path):
    """Two animals with a snout and a tail, which the middle alone joins; of a third one the middle alone is seen."""
    image = encode(np.zeros((60, 240, 3), np.uint8))
    points = np.array([[[10, 10], [30, 10]], [[110, 10], [130, 10]]], np.float32)
    row = {"video": ["v"], "frame": [0], "width": [240], "height": [60], "image": [image], "individuals": [["a", "b"]]}
    row |= {"points": [points.ravel()], "visibility": [np.zeros(4, np.int8)]}
    files.write(tmp_path / "dataset.parquet", row, DATASET)
    split = {"fold": [0], "video": ["v"], "frame": [0], "group": ["g"], "part": ["test"]}
    files.write(tmp_path / "splits.parquet", split, SPLITS)
    places = {"snout": (10, 110), "tail": (130, 30), "middle": (20, 120, 220)}  # the likelier tail is of the second one
    rows = [
        ("v", 0, name, number, x, 10, 0.9 - 0.1 * number)
        for name, each in places.items()
        for number, x in enumerate(each)
    ]
    table = pd.DataFrame(rows, columns=["video", "frame", "keypoint", "candidate", "x", "y", "confidence"])
    files.write(tmp_path / "detections.parquet", table.assign(spread=np.nan, fault=False), DETECTIONS)
    pairs = [("v", 0, 0, a, b, float(a == b)) for a in (0, 1) for b in (0, 1, 2)]
    pairs += [("v", 0, 1, a, b, float(a + b == 1)) for a in (0, 1, 2) for b in (0, 1)]
    affinities = pd.DataFrame(pairs, columns=[field.name for field in AFFINITIES])
    files.write(tmp_path / "affinities.parquet", affinities, AFFINITIES)
    layout = Layout(False, ((0, 2), (2, 1)), (), 2)
    write_metadata(tmp_path / "model.json", ["snout", "tail", "middle"], layout, sigma=1, helpers=["middle"])
    edges = {"edge": [0, 1], "source": ["snout", "middle"], "target": ["middle", "tail"], "length": [10.0, 10.0]}
    edges |= {"length_sd": [9.0] * 2, "separability": [1.0] * 2, "weights": [[10.0, 0, 0, -5]] * 2, "used": [True] * 2}
    files.write(tmp_path / "graph.parquet", edges, GRAPH)
    tables = [tmp_path / f"{name}.parquet" for name in ("detections", "dataset", "splits")]
    match_frames(
        *tables,
        tmp_path / "model.json",
        tmp_path / "matched.parquet",
        tmp_path / "affinities.parquet",
        tmp_path / "graph.parquet",
        fold=0,
        config={"assemble": {"min_confidence": 0.1, "min_keypoints": 1}},
        provenance={},
    )
    found = files.read(tmp_path / "matched.parquet", MATCHED)
    assert len(found) == 4
    np.testing.assert_allclose(found["x"], found["true_x"])
    assert sorted(found["keypoint"]) == ["snout", "snout", "tail", "tail"]
