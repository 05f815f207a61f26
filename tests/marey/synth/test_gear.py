import numpy as np
import pytest

from marey.synth.backbone import Build
from marey.synth.gear import KINDS, NOTHING, put_on, random_gear
from marey.synth.mouse import EAR, HARD, KEYPOINTS, pose
from marey.synth.tracing import hidden, project_solids

from ..made_mice import camera, straight

NECK = list(KEYPOINTS).index("neck")


def test_all_kinds_are_drawn():
    chance = np.random.default_rng(0)
    assert {random_gear(chance).kind for _ in range(200)} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_gear_is_on_the_head_and_has_colours(kind):
    gear = random_gear(np.random.default_rng(4), kind=kind)
    bare = pose(Build(), straight(), 0.5)
    figure = put_on(bare, gear, 1.0)
    pieces = figure.cover >= HARD
    assert pieces.sum() == len(gear.colours) == len(gear.ends)
    assert len(figure.cover) == len(figure.solids.ends) + len(figure.solids.discs)
    assert list(figure.cover[-2:]) == [EAR, EAR]
    assert len(figure.along) == len(figure.solids.ends)
    if len(gear.ends):
        first = figure.solids.ends[pieces[: len(figure.solids.ends)]][0, 0]
        assert np.linalg.norm(first - figure.head[0]) < 16  # mm


def test_nothing_changes_nothing():
    bare = pose(Build(), straight(), 0.0)
    np.testing.assert_array_equal(put_on(bare, NOTHING, 1.0).solids.ends, bare.solids.ends)


def test_a_miniscope_hides_what_is_under_it():
    figure = pose(Build(), straight(), 0.0)
    gear = random_gear(np.random.default_rng(0), kind="miniscope")
    looking = camera(size=(400, 300))
    under = figure.head[:1] - np.array([0, 0, 1])  # on the skull
    for worn, expected in ((NOTHING, False), (gear, True)):
        outlines = [project_solids(put_on(figure, worn, 1.0).solids, looking)]
        position, depth = looking.project(under[None])
        assert hidden(outlines, position, depth)[0, 0] == expected
