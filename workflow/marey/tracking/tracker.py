"""Tracking: who is who from frame to frame, from sure tracklets that are stitched together by what they teach."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from marey.tracking import doubts, likeness, motion, outlines, stitching, tracklets
from marey.tracking.instances import Instances
from marey.tracking.likeness import Appearance, Likeness
from marey.tracking.links import MAX_GAP_FRAMES, continuations
from marey.tracking.outlines import Outline, Source
from marey.tracking.stitching import Links
from marey.tracking.tracklets import Tracklets

__all__ = ["Appearance", "Instances", "Tracks", "track"]

LASTING_FRAMES = 3  # frames that make a pose of few keypoints credible


@dataclass(frozen=True)
class Tracks:
    """`track` i64[instance]: the track of each, from 0 in order of their beginnings; -1: it belongs to none.

    `frame` i64[instance]: the frame of each.

    Where a track goes on after a gap or a meeting, it may have been exchanged with another. Of the first instance after
    that, `doubt` f64[instance] is the probability of it, 0 elsewhere; `partner` i64[instance] is the first instance
    after the other track's gap, -1 elsewhere; `since` i64[instance] is the first frame in which either was unsure.
    """

    track: np.ndarray
    doubt: np.ndarray
    partner: np.ndarray
    since: np.ndarray
    frame: np.ndarray


def track(
    source: Source,
    *,
    animals: int | None = None,
    appearances: Iterable[Appearance] | None = None,
    seed: int = 0,
) -> Tracks:
    """The tracks of a video. `animals`: how many there are, where that is known: no more tracks come out.

    `appearances`: a vector for each instance, in their order; where they are given, looks count beside motion.
    `source` is read two or three times, `appearances` once; what is kept of each pose are a few numbers. `seed` draws
    the stretches that motion is learnt from.
    """
    poses = outlines.outline(source)
    count = len(poses)
    if not count:
        return Tracks(np.full(0, -1), *doubts.no_doubts(0), poses.frame)
    pieces = tracklets.build_tracklets(poses)
    drawn = motion.draw_stretches(pieces, furthest=MAX_GAP_FRAMES, seed=seed)
    poses = poses.picking(source, motion.needed_instances(pieces, *drawn.values()))
    learnt = motion.learn_motion(poses, drawn)
    evidence, weight = worth(poses, pieces)
    seen, links = None, continuations(poses, pieces, learnt, most=MAX_GAP_FRAMES)
    if appearances is not None:
        seen = likeness.measure_likeness(appearances, pieces, _chains(links, evidence), poses.frame)
        links = continuations(poses, pieces, learnt, seen, most=MAX_GAP_FRAMES)
    gain = 2 * stitching.END_COST - links.cost
    weighed = links._replace(cost=2 * stitching.END_COST - weight[links.source] * weight[links.target] * gain)
    following, left_out = stitching.paths(weighed, evidence)
    following, left_out = stitching.reclaim(links, following, left_out, weight)
    path = np.where(left_out, -1, tracklets.number_chains(following))
    if animals is not None and len(np.unique(path[path >= 0])) > animals:
        path = _joined(source, poses, pieces, path, learnt, seen, animals, evidence)
    path = _renumbered(path)
    doubt = doubts.find_doubts(source, poses, pieces, path, learnt, seen)
    track = np.empty(count, np.int64)
    track[pieces.members] = np.repeat(path, pieces.lengths)
    return Tracks(track, *doubt, poses.frame)


def worth(poses: Outline, pieces: Tracklets) -> tuple[np.ndarray, np.ndarray]:
    """How many whole poses each tracklet is worth, f64[tracklets], and how far a link to it counts, 0..1.

    A whole pose shows as many keypoints as most do. Poses of few keypoints are often limbs of another animal, unless
    they last.
    """
    whole = np.minimum(1, poses.shown / np.median(poses.shown))
    evidence = np.add.reduceat(whole[pieces.members], pieces.starts[:-1])
    return evidence, np.minimum(1, evidence / np.minimum(pieces.lengths, LASTING_FRAMES))


def _chains(links: Links, evidence: np.ndarray) -> np.ndarray:
    """The chain that each tracklet is of, i64[tracklet]: those that are surely one animal by their motion."""
    following, _ = stitching.paths(links, evidence)
    return tracklets.number_chains(np.where(stitching.certain(links, following), following, -1))


def _joined(
    source: Source,
    poses: Outline,
    pieces: Tracklets,
    path: np.ndarray,
    learnt: motion.Motion,
    seen: Likeness | None,
    animals: int,
    evidence: np.ndarray,
) -> np.ndarray:
    """Paths that are linked over any gap, and left out where they are worth least, until no more than `animals` are.

    `path` i64[tracklet], -1 = none, as it comes out.
    """
    path = _renumbered(path)
    kept = path >= 0
    whole = pieces.joined(path)
    poses = poses.picking(source, motion.needed_instances(whole))
    span = int(poses.frame[-1] - poses.frame[0]) + MAX_GAP_FRAMES + 1
    seen = seen and seen.joined(path)
    links = continuations(poses, whole, learnt, seen, most=span)
    following, left_out = stitching.at_most(animals, links, np.bincount(path[kept], evidence[kept]))
    joined = np.where(left_out, -1, tracklets.number_chains(following))
    return np.where(kept, joined[path], -1)


def _renumbered(track: np.ndarray) -> np.ndarray:
    """Numbered in order of their first tracklets; -1 stays."""
    result, kept = np.full(len(track), -1), np.flatnonzero(track >= 0)
    _, first, number = np.unique(track[kept], return_index=True, return_inverse=True)
    result[kept] = np.argsort(np.argsort(first))[number]
    return result
