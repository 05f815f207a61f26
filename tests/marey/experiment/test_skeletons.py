"""Skeletons: names to indices, and mirror pairs by name."""

import pytest

from marey.experiment.skeletons import Skeleton, mirror_pairs


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["snout", "leftear", "rightear", "tail"], ((1, 2),)),
        (["l_paw", "r_paw", "nose"], ((0, 1),)),
        (["paw_L", "paw_R"], ((0, 1),)),
        (["Left Eye", "Right Eye"], ((0, 1),)),
        (["leftear", "tail"], ()),
        (["tail", "train"], ()),
        (["rightwing", "leftwing"], ((1, 0),)),
        (["wingL", "wingR", "forelegR4", "forelegL4"], ((0, 1), (3, 2))),
        (["HEEL", "HEER", "tailLong", "tailRong"], ()),
    ],
)
def test_mirror_pairs(names, pairs):
    assert mirror_pairs(tuple(names)) == pairs


def test_from_config():
    config = {"keypoints": ["a", "b", "c"], "skeleton": [["a", "c"]], "symmetry": [["b", "c"]]}
    skeleton = Skeleton.from_config(config)
    assert skeleton.edges == ((0, 2),)
    assert skeleton.mirrored == (0, 2, 1)
    assert Skeleton.from_config({**config, "symmetry": []}).mirrored == (0, 1, 2)
