"""Clustering: which candidate keypoints of a frame belong to one animal.

Two candidates that an edge of the graph joins speak for or against each other: the log odds that they are of one
animal. Sought are groups that hold each keypoint at most once and whose inner log odds add up to the most (correlation
clustering, Bansal, Blum & Chawla 2004; as in DeepCut, Pishchulin et al. 2016). Groups are merged greedily, the pair
that gains most first (Keuper et al. 2015), and then repaired: candidates move, or change places with one of their kind,
as long as that gains. A redundant graph thus corrects its weak edges, and what fits nowhere stays alone.
"""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def group_candidates(kind: np.ndarray, source: np.ndarray, target: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Group the candidates that are of one animal.

    They may be those of any number of frames, since groups hold only what favourable odds connect.

    Args:
        kind: i64[n], which keypoint each candidate is.
        source: i64[p], the first candidate of each pair; each pair once; pairs of one kind do not count.
        target: i64[p], the second.
        odds: f64[p], log odds that the two are of one animal.

    Returns:
        The group of each candidate, i64[n], numbered from 0 in order of their first candidates.
    """
    differ = kind[source] != kind[target]
    source, target, odds = source[differ], target[differ], odds[differ]
    owner = _connected(len(kind), source[odds > 0], target[odds > 0])
    inner = owner[source] == owner[target]
    source, target, odds = source[inner], target[inner], odds[inner]
    contested = _contested(kind, owner, source[odds < 0])
    rows, pairs = np.flatnonzero(contested[owner]), np.flatnonzero(contested[owner[source]])
    rows = rows[np.argsort(owner[rows], kind="stable")]
    pairs = pairs[np.argsort(owner[source[pairs]], kind="stable")]
    names = np.unique(owner[rows])
    starts, ends = (np.searchsorted(owner[rows], names, side=side) for side in ("left", "right"))
    first, last = (np.searchsorted(owner[source[pairs]], names, side=side) for side in ("left", "right"))
    place = np.empty(len(kind), np.int64)  # within the component
    place[rows] = np.arange(len(rows)) - np.repeat(starts, ends - starts)
    for start, end, begin, stop in zip(starts, ends, first, last, strict=True):
        part, some = rows[start:end], pairs[begin:stop]
        inside = _divided(kind[part], place[source[some]], place[target[some]], odds[some])
        owner[part] = len(kind) + part[inside]
    return _numbered(owner)


def _connected(count: int, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the connected component of each of `count` candidates, i64[count]."""
    links = coo_array((np.ones(len(source), bool), (source, target)), shape=(count, count))
    return connected_components(links, directed=False)[1].astype(np.int64)


def _contested(kind: np.ndarray, owner: np.ndarray, against: np.ndarray) -> np.ndarray:
    """Find which components `owner` i64[n] may be no group, bool: those with a keypoint twice or odds `against` it.

    All others are the best groups as they are. `against` are candidates.
    """
    contested = np.zeros(len(kind), bool)
    contested[owner[against]] = True
    kinds = kind.max(initial=0) + 1
    both, times = np.unique(owner * kinds + kind, return_counts=True)
    contested[both[times > 1] // kinds] = True
    return contested


def _numbered(owner: np.ndarray) -> np.ndarray:
    """Number groups of any names from 0 in order of their first candidates."""
    _, first, number = np.unique(owner, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number]


def _divided(kind: np.ndarray, source: np.ndarray, target: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Group connected candidates: returns the index of one candidate of its group as the name of each, i64[n]."""
    weights = np.zeros((len(kind), len(kind)))
    weights[source, target] = odds
    weights += weights.T
    return _repair(kind, weights, _merge(kind, weights))


def _merge(kind: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Group candidates by a greedy merge: a name for each, i64[n]."""
    owner = np.arange(len(kind))
    between = np.where(kind[:, None] == kind, -np.inf, weights)  # groups that share a kind can never be merged
    while True:
        a, b = divmod(int(between.argmax()), len(kind))
        if between[a, b] <= 0:
            return owner
        between[a] += between[b]
        between[a, a] = -np.inf
        between[:, a] = between[a]
        between[b] = between[:, b] = -np.inf
        owner[owner == b] = a


def _repair(kind: np.ndarray, weights: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Move candidates, or exchange them with one of their kind, until nothing gains."""
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
