"""Tracking: who is who from frame to frame, from sure tracklets that are stitched together by what they teach."""

from dataclasses import dataclass

import numpy as np

from marey.tracking import motion, stitching, tracklets
from marey.tracking.instances import Instances, distance
from marey.tracking.stitching import Links
from marey.tracking.tracklets import Tracklets

CHUNK = 20_000  # tracklets whose possible continuations are weighed together
LASTING = 3  # frames that make a pose of few keypoints credible
FURTHEST = 256  # frames without an animal that a link may bridge, unless the number of animals asks for more


@dataclass(frozen=True)
class Tracks:
    """`track` i64[instance]: the track of each, from 0 in order of their beginnings; -1: it belongs to none.

    `doubt` f64[instance]: where a track goes on after a gap or a meeting, the probability that it was exchanged with
    another there; 0 elsewhere.
    """

    track: np.ndarray
    doubt: np.ndarray


def track(instances: Instances, *, animals: int | None = None, seed: int = 0) -> Tracks:
    """The tracks of a video. `animals`: how many there are, where that is known: no more tracks come out."""
    if not len(instances):
        return Tracks(np.empty(0, np.int64), np.empty(0))
    pieces = tracklets.build(instances)
    learnt = motion.learn(instances, pieces, furthest=FURTHEST, seed=seed)
    evidence, weight = worth(instances, pieces)
    links = continuations(instances, pieces, learnt, most=FURTHEST)
    gain = 2 * stitching.END - links.cost
    weighed = links._replace(cost=2 * stitching.END - weight[links.source] * weight[links.target] * gain)
    following, left_out = stitching.paths(weighed, evidence)
    following, left_out = stitching.reclaim(links, following, left_out, weight)
    doubt = np.zeros(len(instances))
    _doubt(doubt, pieces, following, stitching.margins(links, following))
    path = np.where(left_out, -1, tracklets.number(following))
    if animals is not None and len(np.unique(path[path >= 0])) > animals:
        path = _joined(instances, pieces, path, doubt, learnt, animals)
    result = np.empty(len(instances), np.int64)
    result[pieces.members] = np.repeat(path, pieces.lengths)
    return Tracks(_renumbered(result), doubt)


def worth(instances: Instances, pieces: Tracklets) -> tuple[np.ndarray, np.ndarray]:
    """How many whole poses each tracklet is worth, f64[tracklets], and how far a link to it counts, 0..1.

    A whole pose shows as many keypoints as most do. Poses of few keypoints are often limbs of another animal, unless
    they last.
    """
    seen = np.isfinite(instances.points).all(axis=-1).sum(axis=1)
    whole = np.minimum(1, seen / np.median(seen))
    evidence = np.add.reduceat(whole[pieces.members], pieces.starts[:-1])
    return evidence, np.minimum(1, evidence / np.minimum(pieces.lengths, LASTING))


def continuations(instances: Instances, pieces: Tracklets, learnt: motion.Motion, *, most: int) -> Links:
    """What each tracklet may go on in up to `most` frames later, unless that costs more than an end and a beginning.

    A link costs what the later pose is less likely, given the earlier one, than anywhere in the arena, by prediction
    forwards and backwards, and a little for every frame in which the animal was not seen.
    """
    at_start, at_end = motion.velocities(instances, pieces)
    lasts, firsts = pieces.last, pieces.first
    extent = np.nanmax(instances.points, axis=(0, 1)) - np.nanmin(instances.points, axis=(0, 1))
    anywhere = np.log(np.prod(np.maximum(extent, 1)))
    moving, starts = pieces.lengths > 1, instances.frame[firsts]
    found = []
    for begin in range(0, len(pieces), CHUNK):
        ends = instances.frame[lasts[begin : begin + CHUNK]]
        source, target = tracklets.pairs(ends, starts, most=most)
        source += begin
        gap = starts[target] - instances.frame[lasts[source]]
        earlier, later = instances.points[lasts[source]], instances.points[firsts[target]]
        forwards = distance(learnt.predicted(earlier, at_end[source], gap), later)
        backwards = distance(learnt.predicted(later, at_start[target], -gap), earlier)
        cost = learnt.cost(forwards, gap, moving=moving[source]) + learnt.cost(backwards, gap, moving=moving[target])
        cost = cost / 2 - anywhere + stitching.MISSED * np.log(gap)
        possible = (cost < 2 * stitching.END) | (most > FURTHEST)
        found.append((source[possible], target[possible], cost[possible]))
    return Links(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _joined(
    instances: Instances, pieces: Tracklets, path: np.ndarray, doubt: np.ndarray, learnt: motion.Motion, animals: int
) -> np.ndarray:
    """Paths that are linked over any gap, and left out where they are worth least, until no more than `animals` are.

    `path` i64[tracklet], -1 = none, as it comes out; what is doubtful in it is noted in `doubt`.
    """
    path = _renumbered(path)
    kept = path >= 0
    evidence = np.bincount(path[kept], worth(instances, pieces)[0][kept])
    owner = np.repeat(path, pieces.lengths)
    order = np.lexsort((pieces.members, owner))[np.count_nonzero(owner < 0) :]
    lengths = np.bincount(owner[owner >= 0])
    whole = Tracklets(pieces.members[order], np.append(0, np.cumsum(lengths)))
    span = int(instances.frame[-1] - instances.frame[0]) + FURTHEST + 1
    links = continuations(instances, whole, learnt, most=span)
    following, left_out = stitching.at_most(animals, links, evidence)
    _doubt(doubt, whole, following, stitching.margins(links, following))
    joined = np.where(left_out, -1, tracklets.number(following))
    return np.where(kept, joined[path], -1)


def _doubt(doubt: np.ndarray, pieces: Tracklets, following: np.ndarray, margin: np.ndarray) -> None:
    """Note, at the first instance after each link, how likely it is that two links are exchanged."""
    linked = np.flatnonzero(following >= 0)
    doubt[pieces.first[following[linked]]] = 1 / (1 + np.exp(margin[linked]))


def _renumbered(track: np.ndarray) -> np.ndarray:
    """Numbered in order of their first instances; -1 stays."""
    result, kept = np.full(len(track), -1), np.flatnonzero(track >= 0)
    _, first, number = np.unique(track[kept], return_index=True, return_inverse=True)
    result[kept] = np.argsort(np.argsort(first))[number]
    return result
