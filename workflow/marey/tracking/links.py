"""Links: the tracklets in which a tracklet may go on, and what that costs."""

import numpy as np

from marey.tracking import motion, outlines, stitching
from marey.tracking.instances import distance
from marey.tracking.likeness import Likeness
from marey.tracking.motion import Motion
from marey.tracking.outlines import Outline
from marey.tracking.stitching import Links
from marey.tracking.tracklets import Tracklets

TRACKLETS_AT_ONCE = 2_000  # tracklets whose possible continuations are weighed together
MAX_GAP_FRAMES = 256  # frames without an animal that a link may bridge, unless the number of animals asks for more
MAX_BEGINNINGS = 200  # next beginnings that an end may be linked to, where links may bridge any number of frames


class Costs:
    """Computes the cost of links between tracklets, of `poses` with the points of `motion.needed_instances(pieces)`."""

    def __init__(self, poses: Outline, pieces: Tracklets, learnt: Motion, seen: Likeness | None):
        self._poses, self._pieces, self._learnt, self._seen = poses, pieces, learnt, seen
        self._at_start, self._at_end = motion.velocities(poses, pieces)
        self._anywhere = np.log(np.prod(np.maximum(poses.high - poses.low, 1)))

    def __call__(self, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Compute the costs, f64[e] nats, of links between tracklets.

        From tracklets `source` i64[e] to `target` i64[e], which begin after those ended. A link costs what the later
        pose is less likely, given the earlier one, than anywhere in the arena, by prediction forwards and backwards,
        and a little for every frame in which the animal was not seen; where appearance was seen, the log odds that both
        are one animal are subtracted.
        """
        poses, learnt = self._poses, self._learnt
        last, first, moving = self._pieces.last[source], self._pieces.first[target], self._pieces.lengths > 1
        gap = poses.frame[first] - poses.frame[last]
        earlier, later = poses.points[last], poses.points[first]
        forwards = distance(learnt.predicted(earlier, self._at_end[source], gap), later)
        backwards = distance(learnt.predicted(later, self._at_start[target], -gap), earlier)
        cost = learnt.cost(forwards, gap, moving=moving[source]) + learnt.cost(backwards, gap, moving=moving[target])
        cost = cost / 2 - self._anywhere + stitching.MISSED_COST * np.log(gap)
        return cost if self._seen is None else cost - self._seen.ratio(source, target)


def continuations(
    poses: Outline, pieces: Tracklets, learnt: Motion, seen: Likeness | None = None, *, most: int
) -> Links:
    """List what each tracklet may go on in, unless that costs more than an end and a beginning.

    Args:
        poses: the outline, with the points of `motion.needed_instances(pieces)`.
        pieces: the tracklets.
        learnt: how animals move.
        seen: how alike the tracklets look; None: motion alone decides.
        most: frames that a link may last.

    Returns:
        The links and their costs.
    """
    cost = Costs(poses, pieces, learnt, seen)
    lasts, starts = pieces.last, poses.frame[pieces.first]
    found = []
    for begin in range(0, len(pieces), TRACKLETS_AT_ONCE):
        ends = poses.frame[lasts[begin : begin + TRACKLETS_AT_ONCE]]
        source, target = outlines.later_pairs(
            ends, starts, most=most, count=MAX_BEGINNINGS if most > MAX_GAP_FRAMES else None
        )
        source += begin
        costs = cost(source, target)
        possible = (costs < 2 * stitching.END_COST) | (most > MAX_GAP_FRAMES)
        found.append((source[possible], target[possible], costs[possible]))
    return Links(*(np.concatenate(part) for part in zip(*found, strict=True)))
