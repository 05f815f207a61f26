"""Clustering: the right animals from noisy log odds, and nearly always the best groups that there are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marey.assembly import clustering


def case(seed, *, animals, keypoints, missing=0.1, extra=0, separation=2.0, edges=None):
    """Candidates of several animals: kind, owner (-1: nobody's), and pairs of them with noisy log odds."""
    chance = np.random.default_rng(seed)
    rows = [(k, a) for a in range(animals) for k in range(keypoints) if chance.random() >= missing]
    rows += [(chance.integers(keypoints), -1 - index) for index in range(extra)]
    rows = [rows[index] for index in chance.permutation(len(rows))]
    kind, owner = np.array(rows, np.int64).reshape(-1, 2).T
    first, second = np.triu_indices(len(kind), 1)
    joined = kind[first] != kind[second]
    if edges is not None:
        joined &= edges[kind[first], kind[second]]
    first, second = first[joined], second[joined]
    same = owner[first] == owner[second]
    return kind, owner, first, second, chance.normal(np.where(same, separation, -separation), 1.5)


def total_odds(odds, source, target, owner):
    """What `group_candidates` seeks to make as large as it can: the sum of the log odds within groups."""
    return float(odds[owner[source] == owner[target]].sum())


def partitions(kind):
    """All groupings in which no group holds a kind twice."""

    def extend(index, owner, groups):
        if index == len(kind):
            yield np.array(owner)
            return
        for name in range(groups + 1):
            if all(owner[j] != name or kind[j] != kind[index] for j in range(index)):
                yield from extend(index + 1, [*owner, name], max(groups, name + 1))

    yield from extend(0, [], 0)


@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 4), st.integers(0, 2))
def test_no_group_holds_a_keypoint_twice_and_none_gains_by_a_move(seed, animals, keypoints, extra):
    kind, _, first, second, odds = case(seed, animals=animals, keypoints=keypoints, extra=extra, separation=0.5)
    owner = clustering.group_candidates(kind, first, second, odds)
    assert len(set(zip(owner, kind, strict=True))) == len(kind)
    score = total_odds(odds, first, second, owner)
    for index in range(len(kind)):
        for name in range(len(kind)):
            if not ((owner == name) & (kind == kind[index])).any():
                moved = np.where(np.arange(len(kind)) == index, name, owner)
                assert total_odds(odds, first, second, moved) <= score + 1e-6


def test_the_best_groups_are_nearly_always_found():
    ratios = []
    for seed in range(60):
        kind, _, first, second, odds = case(seed, animals=2, keypoints=4, separation=0.7)
        best = max(total_odds(odds, first, second, owner) for owner in partitions(kind))
        ratios.append(
            total_odds(odds, first, second, clustering.group_candidates(kind, first, second, odds)) / max(best, 1e-9)
        )
    assert max(ratios) <= 1 + 1e-9
    assert np.mean(np.array(ratios) > 1 - 1e-9) > 0.9
    assert np.mean(ratios) > 0.98


@pytest.mark.parametrize("animals", [1, 2, 5])
def test_animals_are_told_apart(animals):
    for seed in range(10):
        kind, owner, first, second, odds = case(seed, animals=animals, keypoints=8, extra=2, separation=4.0)
        found = clustering.group_candidates(kind, first, second, odds)
        for animal in range(animals):
            assert len(set(found[owner == animal])) == 1
        assert len(set(found)) == len(set(owner))  # and what is nobody's stays alone


def test_a_redundant_graph_corrects_an_edge_that_lies():
    """Two animals of three keypoints in a row; one edge is the wrong way round, the other two outvote it."""
    kind = np.array([0, 1, 2, 0, 1, 2])
    first, second = np.triu_indices(6, 1)
    joined = kind[first] != kind[second]
    first, second = first[joined], second[joined]
    same = (first < 3) == (second < 3)
    odds = np.where(same, 2.0, -2.0)
    lie = (np.minimum(kind[first], kind[second]) == 0) & (np.maximum(kind[first], kind[second]) == 1)
    odds = np.where(lie, -0.9 * odds, odds)
    assert clustering.group_candidates(kind, first, second, odds).tolist() == [0, 0, 0, 1, 1, 1]


def test_no_candidates():
    nothing = np.empty(0, np.int64)
    assert len(clustering.group_candidates(nothing, nothing, nothing, np.empty(0))) == 0
