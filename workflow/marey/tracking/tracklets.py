"""Tracklets: stretches of consecutive frames through which it is beyond doubt that a pose belongs to one animal.

From a frame to the next, a pose is linked to another only if each is the other's nearest, and any other is further away
by more than animals commonly move. All frames are linked at once; what is doubtful is left to `stitching`.
"""

from dataclasses import dataclass

import numpy as np

from marey.tracking.instances import Instances, distance

COMMON = 0.95  # quantile of the steps between nearest poses that is taken for how far animals commonly move
JUMP = 3.0  # times as far is too far for a sure link
SMALLEST_STEP = 0.5  # px: animals that stand still are not told apart by less


@dataclass(frozen=True)
class Tracklets:
    """`members` i64[n] are all instances, tracklet by tracklet, each in order of frames, which follow each other.

    Tracklet k is `members[starts[k] : starts[k + 1]]`; `starts` i64[tracklets + 1].
    """

    members: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def first(self) -> np.ndarray:
        """The first instance of each, i64[tracklets]."""
        return self.members[self.starts[:-1]]

    @property
    def last(self) -> np.ndarray:
        """The last instance of each, i64[tracklets]."""
        return self.members[self.starts[1:] - 1]

    @property
    def lengths(self) -> np.ndarray:
        """Frames of each, i64[tracklets]."""
        return np.diff(self.starts)


def build(instances: Instances) -> Tracklets:
    """The tracklets of a video, in order of their first instances."""
    owner = number(sure_links(instances))
    return Tracklets(np.argsort(owner, kind="stable"), np.append(0, np.cumsum(np.bincount(owner))))


def number(following: np.ndarray) -> np.ndarray:
    """The chain that each item is on, i64[n], numbered in order of their first items.

    `following` i64[n]: the item that comes next, -1 = none; no item comes next of two.
    """
    back = np.arange(len(following))
    linked = np.flatnonzero(following >= 0)
    back[following[linked]] = linked
    while (further := back[back] != back).any():  # steps back double until all are at their chain's beginning
        back = np.where(further, back[back], back)
    return np.unique(back, return_inverse=True)[1]


def sure_links(instances: Instances) -> np.ndarray:
    """For each instance the one of the next frame that surely is the same animal, i64[n]; -1: none is, surely."""
    source, target = pairs(instances.frame, instances.frame)
    apart = distance(instances.points[source], instances.points[target])
    best_of_source, next_of_source = _two_nearest(source, apart, len(instances))
    best_of_target, next_of_target = _two_nearest(target, apart, len(instances))
    mutual = np.flatnonzero((apart <= best_of_source[source]) & (apart <= best_of_target[target]))
    result = np.full(len(instances), -1, np.int64)
    if not len(mutual):
        return result
    step = max(SMALLEST_STEP, float(np.quantile(apart[mutual], COMMON)))
    rival = np.minimum(next_of_source[source[mutual]], next_of_target[target[mutual]])
    sure = mutual[(apart[mutual] <= JUMP * step) & (rival - apart[mutual] > step)]
    result[source[sure]] = target[sure]
    return result


def pairs(ends: np.ndarray, starts: np.ndarray, *, least: int = 1, most: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of an entry of `ends` i64[n] and one of `starts` i64[m], sorted, that is `least` to `most` later.

    Returns the indices of both, i64[pairs], in order of the first.
    """
    low = np.searchsorted(starts, ends + least, side="left")
    counts = np.searchsorted(starts, ends + most, side="right") - low
    first = np.repeat(np.arange(len(ends)), counts)
    within = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    return first, np.repeat(low, counts) + within


def _two_nearest(index: np.ndarray, apart: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """For each of `count` instances, the least and the second least of the distances of its pairs; inf = none."""
    order = np.lexsort((apart, index))
    ordered = index[order]
    rank = np.arange(len(ordered)) - np.searchsorted(ordered, ordered)
    nearest = np.full((2, count), np.inf, np.float32)
    for place in (0, 1):
        chosen = rank == place
        nearest[place, ordered[chosen]] = apart[order[chosen]]
    return nearest[0], nearest[1]
