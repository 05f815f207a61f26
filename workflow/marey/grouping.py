"""Grouping: which candidate keypoints of a frame belong to one animal.

Two candidates that an edge of the graph joins speak for or against each other: the log odds that they are of one
animal. Sought are groups that hold each keypoint at most once and whose inner log odds add up to the most (correlation
clustering, Bansal, Blum & Chawla 2004; as in DeepCut, Pishchulin et al. 2016). Groups are merged greedily, the pair
that gains most first (Keuper et al. 2015), and then repaired: candidates move, or change places with one of their kind,
as long as that gains. A redundant graph thus corrects its weak edges, and what fits nowhere stays alone.
"""

import heapq

import numpy as np


def group(kind: np.ndarray, source: np.ndarray, target: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """The group of each candidate, i64[n], numbered from 0 in order of their first candidates.

    `kind` i64[n]: which keypoint each candidate is. `odds` f64[p]: log odds that the candidates `source` and `target`
    i64[p] are of one animal; each pair once; pairs of one kind do not count.
    """
    count = len(kind)
    weights = np.zeros((count, count))
    weights[source, target] = odds
    weights += weights.T
    weights[kind[:, None] == kind] = 0
    owner = _merge(kind, weights)
    owner = _repair(kind, weights, owner)
    _, first, number = np.unique(owner, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number]


def total(odds: np.ndarray, source: np.ndarray, target: np.ndarray, owner: np.ndarray) -> float:
    """The sum of the log odds within groups, which `group` seeks to make as large as it can."""
    return float(odds[owner[source] == owner[target]].sum())


def _merge(kind: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Groups of a greedy merge: a name for each candidate, i64[n]."""
    owner = np.arange(len(kind))
    between = [{int(other): float(row[other]) for other in np.flatnonzero(row)} for row in weights]  # of live groups
    kinds = [1 << int(each) for each in kind]
    queue = [(-gain, a, b) for a, row in enumerate(between) for b, gain in row.items() if a < b and gain > 0]
    heapq.heapify(queue)
    members = [[index] for index in range(len(kind))]
    while queue:
        gain, a, b = heapq.heappop(queue)
        if between[a].get(b) != -gain or kinds[a] & kinds[b]:
            continue
        kinds[a] |= kinds[b]
        members[a] += members[b]
        del between[a][b], between[b][a]
        for other, value in between[b].items():
            del between[other][b]
            merged = between[a].get(other, 0.0) + value
            between[a][other] = between[other][a] = merged
            if merged > 0:
                heapq.heappush(queue, (-merged, *sorted((a, other))))
        between[b] = {}
        owner[members[b]] = a
    return owner


def _repair(kind: np.ndarray, weights: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """The same with candidates moved, or exchanged with one of their kind, until nothing gains."""
    count = len(kind)
    everyone, alike = np.arange(count), kind[:, None] == kind
    others = alike & ~np.eye(count, dtype=bool)
    owner = owner.copy()
    for _ in range(10 * count):
        members = (owner[:, None] == everyone).astype(float)  # of groups by name; empty ones are there to move to
        inside = weights @ members  # what each candidate is worth to each group
        now = inside[everyone, owner]
        moves = np.where(alike @ members > 0, -np.inf, inside - now[:, None])
        there = inside[:, owner]  # what candidate i is worth to the group of candidate j
        swaps = np.where(others, there + there.T - now[:, None] - now, -np.inf)
        move, swap = moves.max(initial=-np.inf), swaps.max(initial=-np.inf)
        if max(move, swap) <= 1e-9:
            break
        if move >= swap:
            index, group_name = np.unravel_index(moves.argmax(), moves.shape)
            owner[index] = group_name
        else:
            first, second = np.unravel_index(swaps.argmax(), swaps.shape)
            owner[first], owner[second] = owner[second], owner[first]
    return owner
