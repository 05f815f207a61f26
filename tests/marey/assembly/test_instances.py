"""Instances: made candidates and affinities come out as the animals that they were made of."""

import numpy as np
import pandas as pd
import pytest

from marey.assembly import instances, pair_odds
from marey.networks.outputs import Layout
from marey.tables import files
from marey.tables.affinities import AFFINITIES
from marey.tables.poses import UNIQUE_INSTANCE

NAMES = ["nose", "body", "tail", "door"]
EDGES = [["nose", "body"], ["body", "tail"], ["nose", "tail"]]
PLAN = Layout(False, ((0, 1), (1, 2), (0, 2)), (3,), 2)
CONFIG = {"min_confidence": 0.1, "min_keypoints": 2}
# Affinity counts for, distance against; even odds at an affinity of 0.5.
ODDS = pair_odds.EdgeOdds(np.tile([20.0, 5.0], (3, 1)), np.tile([10.0, 0, 0, -5.0], (3, 1)))
GRAPH = instances.Graph(np.ones(3, bool), ODDS)


def tables(frames: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of `detections` and `affinities` of {frame: [(keypoint, x, confidence, owner)]}; one owner, affinity 1."""
    points, pairs = [], []
    for frame, candidates in frames.items():
        numbered = []
        for name in NAMES:
            here = sorted((each for each in candidates if each[0] == name), key=lambda each: -each[2])
            numbered += [(number, *each) for number, each in enumerate(here)]
        points += [(frame, name, number, x, 0.0, sure) for number, name, x, sure, _ in numbered]
        for edge, (first, second) in enumerate(EDGES):
            pairs += [
                (frame, edge, a[0], b[0], float(a[4] == b[4]))
                for a in numbered
                for b in numbered
                if a[1] == first and b[1] == second
            ]
    return (
        pd.DataFrame(points, columns=["frame", "keypoint", "candidate", "x", "y", "confidence"]),
        pd.DataFrame(pairs, columns=["frame", "edge", "source", "target", "affinity"]),
    )


def evidence(frames: dict) -> instances.Evidence:
    return instances.Evidence.from_tables(*tables(frames), keypoints=NAMES, edges=EDGES)


def link(made: instances.Evidence, graph=GRAPH, **changes) -> np.ndarray:
    return instances.assign_instances(made, graph, config={**CONFIG, **changes}, metadata=metadata(PLAN, NAMES))


def metadata(layout: Layout, names: list[str]) -> dict:
    """Those of a network whose peaks have a standard deviation of 1 px."""
    sizes = {"architecture": {"sigma": 1.0}, "preprocessing": {"scale": 1.0}}
    return {"keypoints": names, "animals": layout.metadata(tuple(names)), **sizes}


TWO = [("nose", 0, 0.9, 0), ("body", 20, 0.9, 0), ("tail", 40, 0.8, 0)]
TWO += [("nose", 100, 0.7, 1), ("body", 120, 0.6, 1), ("tail", 140, 0.7, 1)]


def animals(made: instances.Evidence, instance: np.ndarray) -> list[list[tuple]]:
    """The (frame, keypoint, x) of each animal, in order of frames and instances."""
    rows = sorted(zip(made.frame, instance, made.kind, made.place[:, 0], strict=True))
    found: dict[tuple, list] = {}
    for frame, number, kind, x in rows:
        if number > instances.NOBODY:
            found.setdefault((int(frame), int(number)), []).append((NAMES[kind], float(x)))
    return list(found.values())


def test_animals_are_put_together_highest_confidence_first():
    made = evidence({3: TWO, 7: TWO[3:]})
    first, second = ([(name, x) for name, x, *_ in TWO[part]] for part in (slice(3), slice(3, 6)))
    assert animals(made, link(made)) == [first, second, second]


def test_without_a_used_edge_two_others_still_join():
    made = evidence({0: TWO})
    partial = instances.Graph(np.array([True, True, False]), ODDS)
    np.testing.assert_array_equal(link(made, partial), link(made))


def test_edges_that_are_not_used_do_not_count():
    """By the third edge alone, noses would go to the tails of others."""
    points, pairs = tables({0: [each for each in TWO if each[0] != "body"]})
    pairs["affinity"] = 1 - pairs["affinity"]
    made = instances.Evidence.from_tables(points, pairs, keypoints=NAMES, edges=EDGES)
    graph = instances.Graph(np.array([True, True, False]), ODDS)
    assert animals(made, link(made, graph)) == []
    alone = animals(made, link(made, graph, min_keypoints=1))
    assert sorted(alone) == [[("nose", 0.0)], [("nose", 100.0)], [("tail", 40.0)], [("tail", 140.0)]]
    assert [[x for _, x in each] for each in animals(made, link(made))] == [[0.0, 140.0], [100.0, 40.0]]


@pytest.mark.parametrize("affinity", [0.0, -0.3, -1.0])
def test_what_speaks_against_a_pair_counts(affinity):
    """The nose is a little like the body's, but not the tail's: without the latter it would belong to the animal."""
    points, pairs = tables({0: [("nose", 0, 0.9, 0), ("body", 20, 0.9, 0), ("tail", 40, 0.9, 0)]})
    pairs["affinity"] = pairs["edge"].map({0: 0.6, 1: 1.0, 2: affinity})
    made = instances.Evidence.from_tables(points, pairs, keypoints=NAMES, edges=EDGES)
    np.testing.assert_array_equal(np.sort(made.affinity), sorted(pairs["affinity"]))
    assert animals(made, link(made)) == [[("body", 20.0), ("tail", 40.0)]]


def test_partly_visible_animals_stay_if_they_have_keypoints_enough():
    made = evidence({0: [*TWO, ("nose", 200, 0.9, 2), ("tail", 230, 0.9, 2), ("body", 300, 0.9, 3)]})
    assert [len(each) for each in animals(made, link(made))] == [3, 3, 2]
    assert [len(each) for each in animals(made, link(made, min_keypoints=3))] == [3, 3]
    assert [len(each) for each in animals(made, link(made, min_keypoints=1))] == [3, 3, 2, 1]


def test_faint_candidates_complete_an_animal_but_make_none():
    made = evidence({0: [*TWO[:2], ("tail", 40, 0.09, 0), ("nose", 100, 0.6, 1), ("body", 120, 0.09, 1)]})
    assert animals(made, link(made)) == [[("nose", 0.0), ("body", 20.0), ("tail", 40.0)]]


def test_of_two_candidates_for_one_place_in_an_animal_the_surer_wins():
    made = evidence({0: [*TWO[:2], ("tail", 40, 0.3, 0), ("tail", 44, 0.7, 0)]})
    assert animals(made, link(made)) == [[("nose", 0.0), ("body", 20.0), ("tail", 44.0)]]


@pytest.mark.parametrize(("option", "keypoints", "expected"), [("auto", 4, 2), ("auto", 13, 3), (1, 13, 1), (4, 1, 1)])
def test_how_many_keypoints_an_animal_needs(option, keypoints, expected):
    assert instances.min_keypoints(option, PLAN, keypoints) == expected
    assert instances.min_keypoints(option, Layout(False), keypoints) == 1  # no two keypoints were ever seen together


def test_an_object_is_its_candidate_of_highest_confidence_and_belongs_to_no_animal():
    made = evidence({0: [*TWO[:3], ("door", 5, 0.4, 0), ("door", 9, 0.6, 1)], 1: [("door", 5, 0.3, 0)]})
    instance = link(made)
    assert made.place[instance == UNIQUE_INSTANCE, 0].tolist() == [9, 5]


def test_the_double_of_an_animal_is_left_out():
    double = [(name, x + 1.5, sure - 0.3, 5) for name, x, sure, _ in TWO[:3]]
    made = evidence({0: [*TWO, *double]})
    assert len(animals(made, link(made))) == 2


def test_what_an_animal_left_over_is_no_animal():
    """Candidates of other kinds at the places of an animal, as where left and right are mistaken for each other."""
    left_over = [("nose", 39, 0.4, 5), ("body", 1, 0.4, 5), ("tail", 60, 0.4, 5)]
    made = evidence({0: [*TWO[:3], *left_over]})
    assert len(animals(made, link(made))) == 1
    further = [("nose", 39, 0.4, 5), ("body", 60, 0.4, 5), ("tail", 80, 0.4, 5)]
    made = evidence({0: [*TWO[:3], *further]})
    assert len(animals(made, link(made))) == 2


def test_no_frames_no_animals():
    assert link(evidence({})).tolist() == []


def test_poses_are_laid_out_by_frame_and_animal():
    made = evidence({0: TWO, 2: TWO[:2]})
    poses = instances.values_by_animal(made, link(made), made.place, frames=3, keypoints=4)
    assert [pose.shape for pose in poses] == [(2, 4, 2), (0, 4, 2), (1, 4, 2)]
    assert poses[0][1, 2, 0] == 140
    assert np.isnan(poses[2][0, 2:]).all()


def test_tables_of_labelled_frames_are_numbered():
    class Labelled:
        video, frame = ["b", "a"], np.array([4, 9])

    table = pd.DataFrame({"video": ["a", "a", "b"], "frame": [9, 9, 4], "x": [1, 2, 3]})
    numbered = instances.index_frames(table, Labelled)
    assert numbered["frame"].tolist() == [0, 1, 1]
    assert numbered["x"].tolist() == [3, 1, 2]


def link_top_down(*candidates, **changes):
    """Instances of candidates (keypoint, number, x, confidence) of one frame, without a graph."""
    rows = [(0, name, number, x, 0.0, sure) for name, number, x, sure in candidates]
    points = pd.DataFrame(rows, columns=["frame", "keypoint", "candidate", "x", "y", "confidence"])
    made = instances.Evidence.from_tables(points, files.empty(AFFINITIES), keypoints=NAMES[:3], edges=[])
    top_down = metadata(Layout(False, most=2, side=64), NAMES[:3])
    return instances.assign_instances(made, None, config={**CONFIG, **changes}, metadata=top_down).tolist()


def test_without_a_graph_candidates_of_one_number_are_one_animal():
    near = ("nose", 0, 0, 0.5), ("body", 0, 20, 0.5), ("body", 3, 25, 0.9), ("tail", 3, 45, 0.9)
    assert link_top_down(*near) == [1, 1, 0, 0]
    lone, faint = ("nose", 7, 90, 0.9), ("tail", 0, 40, 0.09)
    assert link_top_down(*near, lone, faint) == [1, 1, 0, 0, -2, 1]
    assert link_top_down(*near, min_keypoints=3) == [-2] * 4


def test_without_a_graph_two_numbers_at_one_place_are_one_animal():
    """More than half of what the fainter one has lies where the surer one has it."""
    double = [("nose", 0, 0, 0.9), ("body", 0, 20, 0.9), ("nose", 1, 1, 0.8), ("body", 1, 19, 0.8)]
    assert link_top_down(*double) == [0, 0, -2, -2]
    assert link_top_down(*double, ("tail", 0, 40, 0.9), ("tail", 1, -30, 0.9)) == [0, 0, -2, -2, 0, -2]
    apart = [*double[:3], ("body", 1, 30, 0.8)]
    assert link_top_down(*apart) == [0, 0, 1, 1]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_frames_and_their_number_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    frames = {
        int(frame): [
            (name, float(rng.uniform(0, 300)), float(rng.uniform(0.2, 1)), int(rng.integers(3)))
            for name in rng.choice(NAMES[:3], rng.integers(0, 8))
        ]
        for frame in range(6)
    }
    together = evidence(frames)
    alone = [link(evidence({frame: candidates})) for frame, candidates in frames.items()]
    np.testing.assert_array_equal(link(together), np.concatenate(alone))
