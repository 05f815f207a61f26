"""Tracking: who is who from frame to frame, by stitching sure tracklets with what was learnt from them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from marey.tracking import by_motion, doubts, likeness, motion, numbered, outlines, stitching, tracklets, vacancies
from marey.tracking.likeness import Appearance, Likeness
from marey.tracking.links import MAX_GAP_FRAMES, Costs, continuations
from marey.tracking.outlines import Outline, Source
from marey.tracking.tracklets import Tracklets


@dataclass(frozen=True)
class Tracks:
    """The track of each instance, and where tracks may have been exchanged.

    `track` i64[instance]: from 0 in order of the tracks' beginnings, -1 = no track; `frame` i64[instance].

    Where a track goes on after a gap or a meeting, it may have been exchanged with another. Of the first instance after
    that, `doubt` f64[instance] is the probability of an exchange, 0 elsewhere; `partner` i64[instance] is the first
    instance after the other track's gap, -1 elsewhere; `since` i64[instance] is the first frame in which either was
    unsure.
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
    ticks: np.ndarray | None = None,
) -> Tracks:
    """Track the animals of a video.

    Args:
        source: the poses; read a few times, and only a few numbers of each pose are kept.
        animals: how many there are, where that is known: no more tracks come out, and little is left out.
        appearances: a vector for each instance, in their order, read once; with them, appearance counts beside motion.
        seed: draws the stretches that motion is learnt from.
        ticks: i64[frame], rising: when each frame of the video was taken, in frame intervals; None: none was lost.

    Returns:
        The tracks, an entry for each instance.

    Raises:
        AppearanceError: there is not one vector for each instance.
    """
    source = source if ticks is None else outlines.Timed(source, ticks)
    poses = outlines.outline(source)
    count, frame = len(poses), poses.frame if ticks is None else np.searchsorted(ticks, poses.frame)
    if not count:
        return Tracks(np.full(0, -1), *doubts.no_doubts(0), frame)
    known = by_motion.link_by_motion(source, poses, animals=animals, seed=seed)
    poses, pieces, learnt, links = known.poses, known.pieces, known.learnt, known.links
    evidence, weight, alone = known.evidence, known.weight, known.alone
    seen = None
    if appearances is not None:
        seen = likeness.measure_likeness(appearances, pieces, known.chains(), frame)
        links = continuations(poses, pieces, learnt, seen, most=MAX_GAP_FRAMES)
    counting = weight * alone
    gain = counting[links.source] * counting[links.target] * (2 * stitching.END_COST - links.cost)
    weighed = links._replace(cost=2 * stitching.END_COST - gain)
    if animals is None:
        following, left_out = stitching.paths(weighed, evidence)
    else:
        ends = poses.frame[pieces.first], poses.frame[pieces.last]
        following, left_out = numbered.paths_within(animals, weighed, evidence, *ends)
    least = np.where(alone < 1, stitching.SURE_MARGIN, 0)
    following, left_out = stitching.reclaim(links, following, left_out, weight, least)
    path = np.where(left_out, -1, tracklets.number_chains(following))
    if animals is not None:
        path = _named(source, poses, pieces, path, learnt, seen, animals)
        pieces, path, seen = _filled(source, poses, pieces, path, learnt, seen, known.doubled, known.rate)
    path = _renumbered(path)
    doubt = doubts.find_doubts(source, poses, pieces, path, learnt, seen)
    if ticks is not None:
        doubt = doubt._replace(since=np.searchsorted(ticks, doubt.since))
    track = np.empty(count, np.int64)
    track[pieces.members] = np.repeat(path, pieces.lengths)
    return Tracks(track, *doubt, frame)


def _named(
    source: Source,
    poses: Outline,
    pieces: Tracklets,
    path: np.ndarray,
    learnt: motion.Motion,
    seen: Likeness | None,
    animals: int,
) -> np.ndarray:
    """Join paths over any gap to the tracks of no more than `animals`.

    `path` i64[tracklet], -1 = none; returns the same of the tracks.
    """
    path = _renumbered(path)
    if (path < 0).all():
        return path
    whole = pieces.joined(path)
    poses = poses.picking(source, motion.needed_instances(whole))
    span = int(poses.frame[-1] - poses.frame[0]) + MAX_GAP_FRAMES + 1
    links = continuations(poses, whole, learnt, seen and seen.joined(path), most=span)
    track = tracklets.number_chains(numbered.names_within(animals, links, len(whole)))
    return np.where(path >= 0, track[path], -1)


def _filled(
    source: Source,
    poses: Outline,
    pieces: Tracklets,
    track: np.ndarray,
    learnt: motion.Motion,
    seen: Likeness | None,
    doubled: np.ndarray,
    rate: float,
) -> tuple[Tracklets, np.ndarray, Likeness | None]:
    """Give what was left out to tracks without a pose, where false tracklets begin at a low `rate` for each frame.

    `track` i64[tracklet], from 0, -1 = none; returns the tracklets, of which some are cut, and the track and the
    likeness of each.
    """
    parts, origin = vacancies.cut_to_fit(poses, pieces, track, doubled)
    chosen = vacancies.vacant_parts(poses, parts, track[origin], doubled, origin, rate)
    if not len(chosen):
        return pieces, track, seen
    poses = poses.picking(source, motion.needed_instances(parts))
    seen = seen and seen.parts(origin)
    cost = Costs(poses, parts, learnt, seen)
    return parts, vacancies.fill_vacancies(poses, parts, track[origin], chosen, cost), seen


def _renumbered(track: np.ndarray) -> np.ndarray:
    """Number tracks in order of their first tracklets; -1 stays."""
    result, kept = np.full(len(track), -1), np.flatnonzero(track >= 0)
    _, first, number = np.unique(track[kept], return_index=True, return_inverse=True)
    result[kept] = np.argsort(np.argsort(first))[number]
    return result
