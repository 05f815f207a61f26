"""Bundles of another experiment: what is left of one sees what it saw, under the names that are asked for."""

import json

import jax
import numpy as np
import pytest

from marey.assembly.instances import read_graph
from marey.models import bundles
from marey.models.adopt_bundle import adopt_bundle
from marey.networks.metadata import own_keypoints
from marey.networks.outputs import Layout
from marey.tables import files
from marey.tables.confidence_curves import CONFIDENCE_CURVES
from marey.tables.graph import GRAPH
from marey.zoo import catalogue

from .made_bundle import write_bundle

NAMES = ["snout", "left_ear", "right_ear", "tail_base"]
LAYOUT = Layout(False, ((0, 1), (0, 2), (1, 3), (2, 3)), (), 3, identities=("red",))


@pytest.fixture
def adopt(tmp_path):
    """A bundle of several animals, and a function that adopts it: what `load_bundle` gives before and after; tables."""
    write_bundle(tmp_path / "bundle", NAMES, LAYOUT)

    def load(folder):
        network, params, metadata = bundles.load_bundle(folder / "model.safetensors", folder / "model.json")
        return network, params["params"], metadata

    def adopted(keypoints=NAMES, method="single", **by_hand):
        out = tmp_path / "out"
        graph = out / "graph.parquet" if method == "bottom_up" else None
        config = {"keypoints": keypoints, "skeleton": [], "animals": {"method": method}, "model": {"map": by_hand}}
        adopt_bundle(
            catalogue.find(str(tmp_path / "bundle")),
            (out / "model.safetensors", out / "model.json"),
            out / "curves.parquet",
            graph,
            config=config,
            provenance={"rule": "adopt_bundle"},
        )
        curves = files.read(out / "curves.parquet", CONFIDENCE_CURVES)
        return load(tmp_path / "bundle"), load(out), curves, graph

    return adopted


def test_a_model_of_several_animals_works_as_one_of_a_single_animal(adopt):
    (_, before, parent), (network, after, metadata), curves, _ = adopt()
    assert metadata["animals"]["single"]
    assert network.heads() == {"heatmap": 4}
    assert before.keys() - after.keys() == {"affinity", "identity"}
    for name in after:
        jax.tree.map(np.testing.assert_array_equal, after[name], before[name])
    assert metadata["training"] == {"rule": "adopt_bundle", "parent": parent["weights"]["blake2b"]}
    assert curves[["score", "value"]].to_numpy().tolist() == [[0, 0], [1, 1]]
    assert set(curves["source"]) == {"uncalibrated"}


def test_keypoints_have_the_names_and_the_order_that_are_asked_for(adopt):
    (one, before, _), (other, after, metadata), _, _ = adopt(["TTI", "nose"])
    assert metadata["keypoints"] == own_keypoints(metadata) == ["TTI", "nose"]
    image = jax.random.uniform(jax.random.key(1), (1, 32, 32, 3))
    before, after = (jax.jit(net.apply)({"params": part}, image) for net, part in ((one, before), (other, after)))
    np.testing.assert_allclose(after["heatmap"], before["heatmap"][..., np.array([3, 0])], atol=1e-5)


def test_of_several_animals_keypoints_that_nobody_asks_for_stay_as_helpers(adopt):
    asked = ["TTI", "nose", "left_ear"]
    (one, before, _), (other, after, metadata), _, graph = adopt(asked, "bottom_up", left_ear="right_ear")
    assert own_keypoints(metadata) == asked
    assert metadata["keypoints"] == [*asked, "left_ear of the bundle"]
    edges = [["nose", "left_ear of the bundle"], ["nose", "left_ear"], ["left_ear of the bundle", "TTI"]]
    edges += [["left_ear", "TTI"]]
    assert metadata["animals"]["edges"] == edges
    assert metadata["animals"]["identities"] == []
    image = jax.random.uniform(jax.random.key(1), (1, 32, 32, 3))
    before, after = (jax.jit(net.apply)({"params": part}, image) for net, part in ((one, before), (other, after)))
    np.testing.assert_allclose(after["heatmap"], before["heatmap"][..., np.array([3, 0, 2, 1])], atol=1e-5)
    np.testing.assert_allclose(after["affinity"], before["affinity"], atol=1e-5)
    rows = files.read(graph, GRAPH)
    assert rows["edge"].tolist() == [0, 1, 2, 3]
    assert rows[["source", "target"]].to_numpy().tolist() == edges
    assert read_graph(graph).used.all()


def test_pairs_of_ears_stay_mirror_images_of_each_other(adopt, tmp_path):
    path = tmp_path / "bundle/model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "symmetry": [["left_ear", "right_ear"]]}))
    _, (_, _, metadata), _, _ = adopt(["earR", "earL"])
    assert metadata["symmetry"] == [["earL", "earR"]]


def test_what_the_bundle_brings_is_said_to_be_of_elsewhere(adopt, tmp_path):
    curve = {"curve": ["confidence"] * 2, "score": [0.0, 1.0], "value": [0.0, 0.7], "points": [9, 9]}
    rows = {**curve, "tolerance": [5.0] * 2, "source": ["validation"] * 2}
    files.write(tmp_path / "bundle/confidence_curves.parquet", rows, CONFIDENCE_CURVES)
    edges = np.arange(4)
    graph = {"edge": edges, "source": ["a"] * 4, "target": ["b"] * 4, "length": edges + 5.0, "length_sd": [1.0] * 4}
    graph |= {"separability": [0.9] * 4, "weights": [[1.0, 2, 3, 4]] * 4, "used": [True, True, False, True]}
    files.write(tmp_path / "bundle/graph.parquet", graph, GRAPH)
    _, _, curves, path = adopt(NAMES[::-1][:3], "bottom_up")
    assert set(curves["source"]) == {"elsewhere"}
    assert curves["value"].tolist() == [0, 0.7]
    rows = files.read(path, GRAPH)
    assert rows["length"].tolist() == [5.0, 6.0, 7.0, 8.0]  # all of them, by all keypoints
    assert rows["used"].tolist() == [True, True, False, True]


def test_a_keypoint_that_the_bundle_lacks_is_named(adopt):
    with pytest.raises(bundles.BundleError, match=r"knows no paw; it has snout, .*`model.map`"):
        adopt(["snout", "paw"])
