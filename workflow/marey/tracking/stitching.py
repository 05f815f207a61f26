"""Stitching: which tracklets are stretches of one animal's track, decided for the whole video at once.

For each tracklet it is decided in which other one it goes on, if in any, or that it is false and belongs to no animal.
That is the minimum-cost flow of multi-object tracking (Zhang, Li & Nevatia, CVPR 2008) with costs for a track's birth
and death and for detections that are left out. Here it is solved as an assignment of ends to starts, in which an end
may stay alone, or take its own tracklet's start, which leaves that out: a solution always exists, and no number of
animals has to be known. (DeepLabCut's flow has to use every tracklet, and fails where one is false.) Of a known number
of animals `numbered` finds the tracks.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

END_COST = 5.0  # nats: cost of a track's birth, and of its death
MIN_TRACK_POSES = 10  # whole poses: a tracklet that nothing else belongs to is a track if it has more
POSE_WORTH = 2 * END_COST / MIN_TRACK_POSES  # nats: cost of leaving a whole pose out
SURE_MARGIN = 5.0  # nats that an answer is cheaper by than any other, if it is beyond doubt
LINKS_AT_ONCE = 5_000  # links that are decided on together, if they do not hang together with more
MISSED_COST = 1.0  # nats for each e-fold of the frames in which an animal is not seen


class Links(NamedTuple):
    """Links between tracklets and what they cost.

    From tracklets `source` i64[e] to those in which they may go on, `target` i64[e]; `cost` f64[e], nats.
    """

    source: np.ndarray
    target: np.ndarray
    cost: np.ndarray


def paths(links: Links, evidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the cheapest tracks.

    `evidence` f64[n]: how many whole poses each tracklet is worth. Returns the next tracklet of each, i64[n], -1 =
    none, and whether it is left out, bool[n].
    """
    count = len(evidence)
    alone = np.arange(count)
    gain, out = 2 * END_COST - links.cost, 2 * END_COST - POSE_WORTH * evidence
    kept, left = np.flatnonzero(_worthwhile(links, gain, out)), np.flatnonzero(out > 0)
    rows, columns = np.concatenate([links.source[kept], left]), np.concatenate([links.target[kept], left])
    matched = _matching(rows, columns, np.concatenate([gain[kept], out[left]]), count)
    return np.where(matched != alone, matched, -1), matched == alone


def _worthwhile(links: Links, gain: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Find the links that may be part of the best answer, bool[e].

    `gain` f64[e] of each link, `out` f64[n] of leaving each tracklet out. A link cannot be where, with the best link on
    the other side, it gains less than leaving one of its two tracklets out. That separates many false poses.
    """
    kept = gain > 0
    while True:
        into, onwards = np.zeros(len(out)), np.zeros(len(out))
        np.maximum.at(into, links.target[kept], gain[kept])
        np.maximum.at(onwards, links.source[kept], gain[kept])
        still = kept & (gain + into[links.source] >= out[links.source])
        still &= gain + onwards[links.target] >= out[links.target]
        if np.array_equal(still, kept):
            return kept
        kept = still


def _matching(rows: np.ndarray, columns: np.ndarray, gain: np.ndarray, count: int) -> np.ndarray:
    """Match each of `count` rows to a column, i64[count], -1 = none, so that gains (all above 0) are greatest.

    `rows`, `columns` i64[e] < count and `gain` f64[e]. The time that the matching takes grows with the square of its
    size; rows that share no column, not even by way of others, are therefore matched apart.
    """
    matched = np.full(count, -1)
    graph = coo_array((np.ones(len(rows), bool), (rows, count + columns)), shape=(2 * count, 2 * count))
    label = connected_components(graph, directed=False)[1][rows]
    order = np.argsort(label, kind="stable")
    rows, columns, gain, label = rows[order], columns[order], gain[order], label[order]
    batch = np.searchsorted(label, label) // LINKS_AT_ONCE  # by where each component begins
    for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(batch)) + 1) if len(rows) else []:
        row, at_row = np.unique(rows[part], return_inverse=True)
        column, at_column = np.unique(columns[part], return_inverse=True)
        # Each row may stay alone, in a column of its own. Weights have to be positive; every row is matched once, so
        # that a constant changes nothing.
        own = np.arange(len(row))
        weights = coo_array(
            (
                np.append(1 + gain[part], np.ones(len(row))),
                (np.append(at_row, own), np.append(at_column, len(column) + own)),
            )
        )
        first, second = min_weight_full_bipartite_matching(weights.tocsr(), maximize=True)
        taken = second < len(column)
        matched[row[first[taken]]] = column[second[taken]]
    return matched


def reclaim(
    links: Links, following: np.ndarray, left_out: np.ndarray, weight: np.ndarray, least: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Put back tracklets that were left out where a path has a gap for them, as long as that makes it cheaper.

    Args:
        links: what tracklets may go on in.
        following: i64[n], the next tracklet of each, -1 = none, as `paths` gives it.
        left_out: bool[n], as `paths` gives it.
        weight: f64[n], which of several tracklets matters more.
        least: f64[n], nats by which it has to be cheaper with each.

    Returns:
        `following` and `left_out`, changed.
    """
    following, left_out = following.copy(), left_out.copy()
    cost = _lookup(links, len(following))
    while True:
        onwards = following[links.source]
        into = np.flatnonzero(left_out[links.target] & ~left_out[links.source] & (onwards >= 0))
        a, x, b = links.source[into], links.target[into], onwards[into]
        gain = weight[x] * (cost(a, b) - links.cost[into] - cost(x, b) - least[x])
        best = np.flatnonzero(gain > 0)
        if not len(best):
            return following, left_out
        best = best[np.argsort(-gain[best], kind="stable")]
        for column in (a, x):  # each gap and each tracklet once, the greatest gain first
            best = best[np.sort(np.unique(column[best], return_index=True)[1])]
        following[a[best]], following[x[best]], left_out[x[best]] = x[best], b[best], False


def _lookup(links: Links, count: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Make a function that gives the costs of links a -> b; inf where there is none."""
    keys = links.source * count + links.target
    order = np.argsort(keys)
    keys = keys[order]

    def cost(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        if not len(keys):
            return np.full(len(a), np.inf)
        place = np.minimum(np.searchsorted(keys, a * count + b), len(keys) - 1)
        return np.where(keys[place] == a * count + b, links.cost[order][place], np.inf)

    return cost


def certain_links(links: Links, following: np.ndarray) -> np.ndarray:
    """Find the tracklets that surely go on in the one that is `following` i64[n], -1 = none: bool[n].

    Neither an exchange with another nor an end there is nearly as cheap.
    """
    linked = np.flatnonzero(following >= 0)
    cost = np.full(len(following), np.inf)
    cost[linked] = _lookup(links, len(following))(linked, following[linked])
    return (margins(links, following)[0] >= SURE_MARGIN) & (cost <= 2 * END_COST - 2 * SURE_MARGIN)


def margins(links: Links, following: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute how much more the next best answer costs, where a tracklet's next is exchanged with another's.

    Two links a -> b and c -> d of the answer are exchanged for a -> d and c -> b: the animals' names are swapped.
    Returns the margins f64[n], nats, inf = no exchange is possible, and the tracklet that it would be exchanged with,
    i64[n], -1 = none.
    """
    result, partner = np.full(len(following), np.inf), np.full(len(following), -1)
    cost = _lookup(links, len(following))
    owner, paid = np.full(len(following), -1), np.full(len(following), np.inf)
    linked = np.flatnonzero(following >= 0)
    owner[following[linked]], paid[linked] = linked, cost(linked, following[linked])
    a, c = links.source, owner[links.target]
    other = np.isfinite(paid[a]) & (c >= 0) & (c != a) & np.isfinite(paid[c])
    a, c = a[other], c[other]
    margin = links.cost[other] + cost(c, following[a]) - paid[a] - paid[c]
    order = np.argsort(-margin, kind="stable")  # the least comes last and stays
    order = order[np.isfinite(margin[order])]
    result[a[order]], partner[a[order]] = margin[order], c[order]
    return result, partner
