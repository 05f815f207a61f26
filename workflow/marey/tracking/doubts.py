"""Doubts: where two tracks may have been exchanged, and how likely that is.

Wherever a track goes on after a gap or a meeting, the alternative is that two tracks are exchanged there. The margin by
which the alternative costs more, by motion and appearance, gives its probability. Motion alone is too sure of itself
for two reasons. A pose may be put together of two animals that lie on each other; so each keypoint votes for the animal
that it is near to. And a tracklet that went on surely may have done so on the other animal; so tracklets are examined
as if they were cut where another track begins or ends nearby, and once in each meeting.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit

from marey.tracking import motion
from marey.tracking.instances import distance
from marey.tracking.likeness import Likeness
from marey.tracking.links import Costs
from marey.tracking.motion import Motion
from marey.tracking.outlines import Outline, Source
from marey.tracking.tracklets import Tracklets

NATS_PER_VOTE = 2.0  # a keypoint that is so much likelier one animal's has a whole vote for it
MAX_VOTE_NATS = 10.0  # all votes together count for no more


class Doubts(NamedTuple):
    """Doubts of each instance, as in `Tracks`: `doubt` f64[n], `partner` i64[n], `since` i64[n]."""

    doubt: np.ndarray
    partner: np.ndarray
    since: np.ndarray


def no_doubts(count: int) -> Doubts:
    """Return that there is no doubt about any of `count` instances."""
    return Doubts(np.zeros(count), np.full(count, -1), np.zeros(count, np.int64))


def cut_tracklets(poses: Outline, pieces: Tracklets, track: np.ndarray) -> tuple[Tracklets, np.ndarray]:
    """Cut the tracklets of tracks where they may have been exchanged.

    That is where another one is near, within the size of an animal, and begins or ends, and once in each meeting.
    `track` i64[tracklet], -1 = none. Returns the parts, in order of their first instances, and the tracklet that each
    is a part of, i64[part].
    """
    kept = np.flatnonzero(track >= 0)
    whole = pieces.taken(kept)
    first, last = poses.frame[whole.first], poses.frame[whole.last]
    linked = np.flatnonzero((following := successors(whole, track[kept])) >= 0)
    # Between this frame and the next.
    after = np.unique(np.concatenate([last[linked], first[following[linked]] - 1, _meetings(poses, whole)]))
    low, high = np.searchsorted(after, first), np.searchsorted(after, last)
    owner = np.repeat(np.arange(len(kept)), high - low)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(high - low) - high, high - low)
    place = whole.starts[owner] + after[within] - first[owner]
    pair = np.searchsorted(poses.neighbours.source, whole.members[place])
    place = place[poses.neighbours.rival[pair] < np.median(poses.size)]
    parts, origin = whole.cut(place + 1)
    return parts, kept[origin]


def _meetings(poses: Outline, whole: Tracklets) -> np.ndarray:
    """Find the frames, i64[m], after which a tracklet was likeliest to go on in another animal: one for each meeting.

    After them most keypoints are nearer to the other one or, where none is, it is nearest.
    """
    rival, strayed = np.full(len(poses), np.inf, np.float32), np.zeros(len(poses), np.float32)
    rival[poses.neighbours.source] = poses.neighbours.rival
    strayed[poses.neighbours.source] = poses.neighbours.strayed
    rival, strayed = rival[whole.members], strayed[whole.members]
    rival[whole.starts[1:] - 1] = np.inf
    near = np.flatnonzero(rival < np.median(poses.size))
    meeting = np.cumsum(np.diff(near, prepend=-2) > 1)
    near = near[np.lexsort((rival[near], -strayed[near], meeting))]
    return poses.frame[whole.members[near[np.unique(meeting, return_index=True)[1]]]]


def successors(parts: Tracklets, track: np.ndarray) -> np.ndarray:
    """Return the next part of the same `track` i64[part] for each part, i64[part]; -1 = none."""
    order = np.lexsort((parts.first, track))
    following = np.full(len(parts), -1)
    same = np.diff(track[order]) == 0
    following[order[:-1][same]] = order[1:][same]
    return following


def find_doubts(
    source: Source, poses: Outline, pieces: Tracklets, track: np.ndarray, learnt: Motion, seen: Likeness | None
) -> Doubts:
    """Find the doubts about tracks.

    Args:
        source: the poses of the video; read once.
        poses: their outline.
        pieces: the tracklets.
        track: i64[tracklet], the track of each; -1 = none.
        learnt: how animals move.
        seen: how alike tracklets look; None: motion alone decides.

    Returns:
        The doubts, an entry for each instance.
    """
    found = no_doubts(len(poses))
    parts, origin = cut_tracklets(poses, pieces, track)
    if not len(parts):
        return found
    poses = poses.picking(source, motion.needed_instances(parts))
    following = successors(parts, track[origin])
    one, other = exchanges(poses.frame[parts.last], poses.frame[parts.first], following)
    cost = Costs(poses, parts, learnt, seen and seen.parts(origin))
    paid = np.zeros(len(parts))
    linked = np.flatnonzero(following >= 0)
    paid[linked] = cost(linked, following[linked])
    margin = cost(one, following[other]) + cost(other, following[one]) - paid[one] - paid[other]
    one, other, margin = np.append(one, other), np.append(other, one), np.append(margin, margin)
    order = np.lexsort((margin, one))
    likeliest = order[np.unique(one[order], return_index=True)[1]]
    one, other, margin = one[likeliest], other[likeliest], margin[likeliest]
    margin = np.minimum(margin, _by_keypoints(poses, parts, one, other, following, learnt))
    after = parts.first[following[one]]
    found.doubt[after], found.partner[after] = expit(-margin), parts.first[following[other]]
    found.since[after] = poses.frame[np.minimum(parts.last[one], parts.last[other])] + 1
    return found


def exchanges(last: np.ndarray, first: np.ndarray, following: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """List the pairs of links that may be exchanged: i64[e] each, the parts before the two links, each pair once.

    Each part, from frame `first` i64[part] to `last` i64[part], is linked to the part `following` i64[part], -1 = none.
    Either must end before the other goes on.
    """
    linked = np.flatnonzero(following >= 0)
    linked = linked[np.argsort(last[linked], kind="stable")]
    ends, onwards = last[linked], first[following[linked]]
    own = np.arange(len(linked))
    counts = np.searchsorted(ends, onwards) - own - 1  # of those that end later, and before this one goes on
    one = np.repeat(own, counts)
    return linked[one], linked[one + 1 + np.arange(len(one)) - np.repeat(np.cumsum(counts) - counts, counts)]


def _by_keypoints(
    poses: Outline, parts: Tracklets, one: np.ndarray, other: np.ndarray, following: np.ndarray, learnt: Motion
) -> np.ndarray:
    """Compute how much more an exchange costs by the votes of keypoints, f64[e] nats; inf of animals that are apart.

    `one` and `other` i64[e] are the parts before the two links.
    """
    velocity = motion.velocities(poses, parts)[1]
    before = one, other
    after = following[one], following[other]
    ends = [poses.points[parts.last[part]] for part in before]
    begins = [poses.points[parts.first[part]] for part in after]

    def cost(side: int, onwards: int) -> np.ndarray:
        """Compute the cost of each keypoint, f32[e, keypoint], nats; NaN = not in both."""
        part = before[side]
        gap = np.maximum(poses.frame[parts.first[after[onwards]]] - poses.frame[parts.last[part]], 1)
        apart = np.linalg.norm(learnt.predicted(ends[side], velocity[part], gap) - begins[onwards], axis=-1)
        return learnt.cost(apart, gap[:, None], moving=(parts.lengths[part] > 1)[:, None])

    evidence = np.concatenate([cost(1, 0) - cost(0, 0), cost(0, 1) - cost(1, 1)], axis=1)
    votes = np.nan_to_num(np.clip(evidence / NATS_PER_VOTE, -1, 1)).sum(axis=1)
    there = np.isfinite(evidence).sum(axis=1)
    margin = np.maximum(votes, 0) * np.minimum(NATS_PER_VOTE, MAX_VOTE_NATS / np.maximum(there, 1))
    near = np.minimum(distance(*ends), distance(*begins)) < np.median(poses.size)
    return np.where(near & (there > 0), margin, np.inf)
