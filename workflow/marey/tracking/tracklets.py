"""Tracklets: stretches of consecutive frames through which it is beyond doubt that a pose belongs to one animal.

From a frame to the next, a pose is linked to another only if each is the other's nearest, and any other is further away
by more than animals commonly move. All frames are linked at once; what is doubtful is left to `stitching`.
"""

from dataclasses import dataclass

import numpy as np

from marey.tracking.outlines import Outline

STEP_QUANTILE = 0.95  # of the steps between nearest poses: taken for how far animals commonly move
MAX_STEPS = 3.0  # a sure link is no longer than this many such steps
SMALLEST_STEP = 0.5  # px: animals that stand still are not told apart by less


@dataclass(frozen=True)
class Tracklets:
    """Tracklets: `members` i64[n] are all instances, tracklet by tracklet, each in consecutive frames.

    Tracklet k is `members[starts[k] : starts[k + 1]]`; `starts` i64[tracklet + 1].
    """

    members: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def first(self) -> np.ndarray:
        """Return the first instance of each, i64[tracklet]."""
        return self.members[self.starts[:-1]]

    @property
    def last(self) -> np.ndarray:
        """Return the last instance of each, i64[tracklet]."""
        return self.members[self.starts[1:] - 1]

    @property
    def lengths(self) -> np.ndarray:
        """Return the number of frames of each, i64[tracklet]."""
        return np.diff(self.starts)

    def taken(self, chosen: np.ndarray) -> "Tracklets":
        """Return some of them, `chosen` i64[n], in that order."""
        lengths = self.lengths[chosen]
        starts = np.append(0, np.cumsum(lengths))
        places = np.repeat(self.starts[chosen] - starts[:-1], lengths) + np.arange(starts[-1])
        return Tracklets(self.members[places], starts)

    def cut(self, places: np.ndarray) -> tuple["Tracklets", np.ndarray]:
        """Cut them before `places` i64[n] of `members`.

        Returns the parts, in order of their first instances, and the tracklet that each is a part of, i64[part].
        """
        starts = np.union1d(self.starts, places)
        parts = Tracklets(self.members, starts)
        order = np.argsort(parts.first)
        return parts.taken(order), np.searchsorted(self.starts, starts[order], side="right") - 1

    def joined(self, owner: np.ndarray) -> "Tracklets":
        """Join those of the same `owner` i64[tracklet] into one, which may have gaps; owner -1 is left out."""
        whose = np.repeat(owner, self.lengths)
        order = np.lexsort((self.members, whose))[np.count_nonzero(whose < 0) :]
        return Tracklets(self.members[order], np.append(0, np.cumsum(np.bincount(whose[whose >= 0]))))


def build_tracklets(poses: Outline) -> Tracklets:
    """Build the tracklets of a video, in order of their first instances."""
    owner = number_chains(sure_links(poses))
    return Tracklets(np.argsort(owner, kind="stable"), np.append(0, np.cumsum(np.bincount(owner))))


def number_chains(following: np.ndarray) -> np.ndarray:
    """Number the chain that each item is on, i64[n], in order of the chains' first items.

    `following` i64[n]: the item that comes next, -1 = none; no item follows two others.
    """
    back = np.arange(len(following))
    linked = np.flatnonzero(following >= 0)
    back[following[linked]] = linked
    while not np.array_equal(further := back[back], back):  # steps back double until all are at their beginnings
        back = further
    return (np.cumsum(back == np.arange(len(back))) - 1)[back]


def sure_links(poses: Outline) -> np.ndarray:
    """Find for each instance the one of the next frame that surely is the same animal, i64[n]; -1 = none."""
    source, target, apart, rival, _ = poses.neighbours
    result = np.full(len(poses), -1, np.int64)
    if len(apart):
        step = max(SMALLEST_STEP, float(np.quantile(apart, STEP_QUANTILE)))
        sure = (apart <= MAX_STEPS * step) & (rival - apart > step)
        result[source[sure]] = target[sure]
    return result
