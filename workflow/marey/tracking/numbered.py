"""Tracks of a known number of animals: no frame has more of them, and what is left out costs what it is worth.

For each tracklet it is decided whether it is one of the animals', and in which other one it goes on: the minimum-cost
flow of `stitching`, with a unit for each animal. An animal that is not seen waits in a pool, which it may leave for any
later tracklet; so no choice stands in the way of what can only be joined later. Who it is that comes back is decided
afterwards, over any gap, by a second flow through the stretches that no waiting interrupts.
"""

import numpy as np

from marey.tracking.flow import Arcs, cheapest_flow
from marey.tracking.outlines import Outline
from marey.tracking.stitching import END_COST, POSE_WORTH, Links
from marey.tracking.tracklets import Tracklets

MUST = 1e6  # nats: worth of a stretch, more than all that can speak against it


def paths_within(
    animals: int, links: Links, evidence: np.ndarray, begin: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find the cheapest paths of which no frame has more than `animals`.

    Args:
        animals: how many there are.
        links: what tracklets may go on in.
        evidence: f64[n], how many whole poses each tracklet is worth.
        begin: i64[n], the first frame of each, in order.
        end: i64[n], the last frame of each.

    Returns:
        The next tracklet of each, i64[n], -1 = none, and whether it is left out, bool[n].
    """
    count = len(evidence)
    waiting, enter, leave = (3 * np.arange(count) + place for place in range(3))  # nodes
    useful = np.flatnonzero(links.cost < 2 * END_COST)
    # Whoever leaves waits until the next beginning after its last frame.
    back = 3 * np.searchsorted(begin, end, side="right")
    none, ends = np.zeros(count), np.full(count, END_COST)
    parts = [
        (waiting, waiting + 3, none),
        (waiting, enter, ends),
        (enter, leave, -POSE_WORTH * evidence),
        (leave, back, ends),
        (leave[links.source[useful]], enter[links.target[useful]], links.cost[useful]),
    ]
    tail, head, cost = (np.concatenate(column) for column in zip(*parts, strict=True))
    wide = np.arange(len(tail)) < count
    units = cheapest_flow(Arcs(tail, head, cost, wide), nodes=3 * count + 1, units=animals)
    return _following(links, useful[units[4 * count :] > 0], count), units[2 * count : 3 * count] == 0


def names_within(animals: int, links: Links, count: int) -> np.ndarray:
    """Find the cheapest way to join all of `count` stretches to no more than `animals` tracks.

    `links` between them hold those to at least the next `animals` beginnings. Returns the next stretch of each,
    i64[count], -1 = none.
    """
    enter, leave = (2 * np.arange(count) + place for place in (1, 2))
    ends = np.full(count, END_COST)
    parts = [
        (np.zeros(count, np.int64), enter, ends),
        (enter, leave, np.full(count, -MUST)),
        (leave, np.full(count, 2 * count + 1), ends),
        (leave[links.source], enter[links.target], links.cost),
    ]
    tail, head, cost = (np.concatenate(column) for column in zip(*parts, strict=True))
    arcs = Arcs(tail, head, cost, np.zeros(len(tail), bool))
    units = cheapest_flow(arcs, nodes=2 * count + 2, units=animals)
    return _following(links, np.flatnonzero(units[3 * count :]), count)


def _following(links: Links, taken: np.ndarray, count: int) -> np.ndarray:
    """Return the next of each of `count`, i64[count], -1 = none, by the links that are `taken` i64[m]."""
    following = np.full(count, -1)
    following[links.source[taken]] = links.target[taken]
    return following


def cut_where_full(poses: Outline, pieces: Tracklets, animals: int) -> Tracklets:
    """Cut tracklets where frames begin or end to have more of them than `animals`.

    So a tracklet of which a few frames are too many does not have to be left out whole. Tracklets that are not there
    but in such frames do not count. Returns the parts, in order of their first instances.
    """
    begin, end = poses.frame[pieces.first], poses.frame[pieces.last]
    edges = _full(begin, end, animals)
    run = np.searchsorted(edges, begin, side="right")
    inside = (run % 2 == 1) & (run == np.searchsorted(edges, end, side="right"))
    edges = _full(begin[~inside], end[~inside], animals)
    low, high = np.searchsorted(edges, begin, side="right"), np.searchsorted(edges, end, side="right")
    owner = np.repeat(np.arange(len(pieces)), high - low)
    edge = np.arange(len(owner)) - np.repeat(np.cumsum(high - low) - high, high - low)
    return pieces.cut(pieces.starts[owner] + edges[edge] - begin[owner])[0]


def false_rate(begin: np.ndarray, end: np.ndarray, animals: int) -> float:
    """Estimate how many false tracklets begin in a frame: by frames that show all `animals`, and too many.

    `begin` i64[n] and `end` i64[n]: the first and the last frame of each tracklet. 1 where no frame shows them all.
    """
    change, live = occupancy(begin, end)
    begun = np.maximum(np.diff(np.maximum(live - animals, 0), prepend=0), 0).sum()
    return float((begun + 1) / (np.diff(change)[live[:-1] >= animals].sum() + 1))


def occupancy(begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count how many tracklets are there: the frames at which that may change, i64[m], and the number from then on.

    `begin` i64[n] and `end` i64[n]: the first and the last frame of each.
    """
    change = np.unique(np.concatenate([begin, end + 1]))
    live = np.searchsorted(np.sort(begin), change, side="right") - np.searchsorted(np.sort(end), change, side="left")
    return change, live


def _full(begin: np.ndarray, end: np.ndarray, animals: int) -> np.ndarray:
    """Return the frames, i64[2 m], at which stretches of frames with more than `animals` begin and end, in turns."""
    change, live = occupancy(begin, end)
    return change[np.diff(live > animals, prepend=False)]
