"""Scale of bundles: animals are brought to the sizes that a bundle was trained on, by the keypoints that both have."""

import numpy as np
import pandas as pd
import pytest

from marey.tables import files
from marey.tables.graph import GRAPH
from marey.training import bundle_scale
from marey.training.scaling import scale_for_size
from marey.zoo.catalogue import Bundle

from ..made_model import write_metadata

NAMES = ["snout", "neck", "tail_base", "tail_tip"]
STRETCHED = np.array([[0, 0], [20, 0], [60, 0], [100, 0]], np.float32)  # px of the bundle's videos


@pytest.fixture
def bundle(tmp_path):
    """A bundle that saw videos at half their size, and animals of 100 px in them."""
    write_metadata(tmp_path / "model.json", NAMES, extent=100.0, preprocessing={"scale": 0.5})
    return Bundle("mine", tmp_path / "model.safetensors", tmp_path / "model.json")


def write_graph(bundle, edges=(("snout", "neck", 20), ("neck", "tail_base", 40), ("tail_base", "tail_tip", 40))):
    rows = pd.DataFrame(edges, columns=["source", "target", "length"])
    constant = {"edge": np.arange(len(rows)), "length_sd": 1.0, "separability": 0.5, "used": True}
    rows = rows.assign(**constant, weights=pd.Series([np.zeros(4)] * len(rows), dtype=object))
    files.write(bundle.folder / "graph.parquet", rows[GRAPH.names], GRAPH)


def config(*keypoints, size=None, **by_hand):
    return {"keypoints": list(keypoints), "model": {"map": by_hand}, "card": {"animal": None, "size": size}}


def animals(times, *chosen, count=40):
    """Frames with an animal each, so many times as large as those of the bundle."""
    return np.tile(times * STRETCHED[list(chosen)], (count, 1, 1, 1))


@pytest.mark.parametrize(
    ("keypoints", "chosen"),
    [
        (NAMES, (0, 1, 2, 3)),
        (["snout", "neck"], (0, 1)),
        (["tip", "nose"], (2, 0)),  # of which no edge joins both
        (["snout", "paw", "neck"], (0, 3, 1)),  # of which the bundle does not know one
    ],
)
def test_animals_are_measured_by_what_bundle_and_labels_have(bundle, keypoints, chosen):
    write_graph(bundle)
    options = config(*keypoints, **({"tip": "tail_base"} if "tip" in keypoints else {}))
    assert bundle_scale.size_here(bundle, animals(3, *chosen), options) == pytest.approx(300)


def test_without_a_graph_all_keypoints_tell_the_size(bundle):
    assert bundle_scale.size_here(bundle, animals(3, 3, 2, 1, 0), config(*NAMES[::-1])) == pytest.approx(300)
    assert bundle_scale.size_here(bundle, animals(3, 0, 1), config("snout", "neck")) == 0
    write_graph(bundle, [("snout", "neck", 20)])
    assert bundle_scale.size_here(bundle, animals(3, 2, 3), config("tail_base", "tail_tip")) == 0


@pytest.mark.parametrize(
    ("times", "size", "scale"),
    [
        (3, None, 0.17),  # 300 px, which the bundle saw at 50 at most
        (0.1, None, 2.5),  # 10 px, which it saw at 25 at least
        (0.02, None, 4.0),  # no more than that
        (3, [80, 300], 0.83),  # as it is with labels alone
        (3, [80, 180], 0.6),
        (3, [280, 900], 0.93),
    ],
)
def test_animals_get_a_size_that_the_bundle_knows(bundle, times, size, scale):
    write_graph(bundle)
    points = animals(times, 0, 1, 2, 3)
    assert bundle_scale.choose_scale(bundle, points, config(*NAMES, size=size)) == scale
    if size == [80, 300]:
        assert scale == scale_for_size(300, 40)


def test_where_nothing_can_be_compared_labels_choose_the_scale(bundle, caplog):
    points = animals(3, 0, 1)
    with caplog.at_level("INFO"):
        found = bundle_scale.choose_scale(bundle, points, config("snout", "neck"))
    assert found == scale_for_size(60, 40)
    assert "how large animals were to mine is not known" in caplog.text
