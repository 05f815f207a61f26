"""Vacancies: frames in which an animal has no pose, and poses that were left out and may be its.

Where frames hardly ever show more poses than animals, there are hardly any false ones; a pose that was left out is then
that of an animal whose motion no one would have guessed. It goes to the track that it fits best of those without a
pose.
"""

from bisect import bisect_right, insort

import numpy as np

from marey.tracking import numbered
from marey.tracking.links import Costs
from marey.tracking.outlines import Outline
from marey.tracking.tracklets import Tracklets


def cut_to_fit(
    poses: Outline, pieces: Tracklets, track: np.ndarray, doubled: np.ndarray
) -> tuple[Tracklets, np.ndarray]:
    """Cut tracklets without a track where a track's poses begin or end, and where their own begin or end to be doubles.

    `track` i64[tracklet], -1 = none; `doubled` bool[instance]. Returns the parts, in order of their first instances,
    and the tracklet that each is a part of, i64[part].
    """
    out = track < 0
    edges = np.concatenate([poses.frame[pieces.first[~out]], poses.frame[pieces.last[~out]] + 1])
    place = np.flatnonzero(np.repeat(out, pieces.lengths))
    members = pieces.members[place]
    changed = np.diff(doubled[members].astype(np.int8), prepend=0) != 0
    return pieces.cut(place[changed | np.isin(poses.frame[members], edges)])


def vacant_parts(
    poses: Outline, pieces: Tracklets, track: np.ndarray, doubled: np.ndarray, origin: np.ndarray, rate: float
) -> np.ndarray:
    """List the parts of tracklets, i64[m], without a track in whose frames a track has no pose; longest first.

    None, if `rate` false tracklets for each of these frames are half of them or more. Doubles are none of them.
    `pieces`, `origin` and the rest as of `cut_to_fit`, with the `track` of each part.
    """
    begin, end, out = poses.frame[pieces.first], poses.frame[pieces.last], track < 0
    change, live = numbered.occupancy(begin[~out], end[~out])
    vacant = live < track.max(initial=-1) + 1
    free = np.append(track.max(initial=-1) >= 0, vacant)[np.searchsorted(change, begin, side="right")]
    found = np.flatnonzero(out & free & ~doubled[pieces.first])
    frames = np.diff(change)[vacant[:-1]].sum()
    if 2 * rate * frames >= len(np.unique(origin[found])):
        return found[:0]
    return found[np.argsort(-pieces.lengths[found], kind="stable")]


def fill_vacancies(poses: Outline, pieces: Tracklets, track: np.ndarray, chosen: np.ndarray, cost: Costs) -> np.ndarray:
    """Give tracklets to the tracks that have no pose meanwhile and that they fit best.

    Args:
        poses: the outline.
        pieces: the tracklets.
        track: i64[tracklet], the track of each; -1 = none.
        chosen: i64[m], tracklets without a track, one after the other.
        cost: of links between tracklets.

    Returns:
        The track of each, i64[tracklet]; -1 = none.
    """
    track, begin, end = track.copy(), poses.frame[pieces.first], poses.frame[pieces.last]
    tracks = [np.flatnonzero(track == number).tolist() for number in range(track.max(initial=-1) + 1)]
    for piece in chosen.tolist():
        best = np.inf, -1
        for number, own in enumerate(tracks):
            after = bisect_right(own, end[piece], key=begin.__getitem__)
            before, later = own[after - 1] if after else -1, own[after] if after < len(own) else -1
            if before < 0 or end[before] < begin[piece]:
                best = min(best, (_detour(cost, before, piece, later), number))
        if best[1] >= 0:
            track[piece] = best[1]
            insort(tracks[best[1]], piece, key=begin.__getitem__)
    return track


def _detour(cost: Costs, before: int, piece: int, later: int) -> float:
    """Compute what a track costs more, nats, that goes by `piece` on its way from `before` to `later`; -1 = none."""
    links = [(before, piece, 1), (piece, later, 1), (before, later, -1)]
    source, target, sign = np.array([link for link in links if min(link[:2]) >= 0]).T
    return float((sign * cost(source, target)).sum())
