"""What tracking keeps of every pose of a video: a few numbers, gathered in one pass over blocks of frames.

A video of ten million frames has more poses than fit in memory. Few of them matter after this pass: those at the ends
of tracklets, and a sample from which motion is learnt. They are picked out in a second pass.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np

from marey.tracking.instances import Instances, distance


class Source(Protocol):
    """Where poses come from: `Instances` in memory, or a table."""

    def blocks(self) -> Iterator[Instances]:
        """Yield all poses in order of frames, again at every call; no frame is split between two blocks."""


@dataclass(frozen=True)
class Timed:
    """Poses of a source with `ticks` i64[frame], the time of each frame, in place of its number."""

    source: Source
    ticks: np.ndarray

    def blocks(self) -> Iterator[Instances]:
        """Yield all poses, as `Source` says."""
        for block in self.source.blocks():
            yield Instances(self.ticks[block.frame], block.points)


class Neighbours(NamedTuple):
    """Pairs of poses of consecutive frames of which each is the other's nearest, in order of the first.

    `source` and `target` i32[p] instances; `apart` f32[p] px, their distance; `rival` f32[p] px, the distance of the
    next nearest of either; `strayed` f32[p], the part of the keypoints of both that are nearer to those of another pose
    of the former frame.
    """

    source: np.ndarray
    target: np.ndarray
    apart: np.ndarray
    rival: np.ndarray
    strayed: np.ndarray


class Picked(NamedTuple):
    """Poses that are looked up by instance, as in an array: `instance` i64[m], sorted; `points` f32[m, keypoint, 2] px.

    Raises IndexError for an instance that was not picked.
    """

    instance: np.ndarray
    points: np.ndarray

    def __getitem__(self, wanted: np.ndarray) -> np.ndarray:
        """Return the points f32[..., keypoint, 2] px of the instances `wanted`."""
        place = np.searchsorted(self.instance, wanted)
        if len(place) and (place.max() == len(self.instance) or (self.instance[place] != wanted).any()):
            raise IndexError("points are looked up that were not picked")
        return self.points[place]


@dataclass(frozen=True)
class Outline:
    """Numbers that are kept of each pose, and the points of those that were picked.

    `frame` i64[n]; `shown` i16[n] keypoints; `size` f32[n] px, the longer side of the pose; `low` and `high` f32[2] px,
    the corners of the arena; `points` f32[n, keypoint, 2] px, or those `Picked`.
    """

    frame: np.ndarray
    shown: np.ndarray
    size: np.ndarray
    low: np.ndarray
    high: np.ndarray
    neighbours: Neighbours
    points: Picked

    def __len__(self) -> int:
        return len(self.frame)

    def picking(self, source: Source, wanted: np.ndarray) -> "Outline":
        """Return this outline with the points of `wanted` i64[m] instances, by a pass over the poses."""
        wanted, offset, parts = np.unique(wanted), 0, []
        for block in source.blocks():
            low, high = np.searchsorted(wanted, [offset, offset + len(block)])
            parts.append(block.points[wanted[low:high] - offset])
            offset += len(block)
        return replace(self, points=Picked(wanted, np.concatenate(parts)))


def outline(source: Source) -> Outline:
    """Compute the outline of all poses, with no points picked yet; it does not depend on how blocks are cut."""
    parts, pairs, edges, last, offset = [], [], [], None, 0
    for block in source.blocks():
        if not len(block):
            continue
        low, high = np.fmin.reduce(block.points, axis=1), np.fmax.reduce(block.points, axis=1)
        shown = np.isfinite(block.points).all(axis=-1).sum(axis=1).astype(np.int16)
        parts.append((block.frame, shown, (high - low).max(axis=1)))
        edges.append((np.fmin.reduce(low), np.fmax.reduce(high)))
        if last is None:
            last = Instances(block.frame[:0], block.points[:0])
        first_of_both = offset - len(last)
        both = Instances(np.append(last.frame, block.frame), np.concatenate([last.points, block.points]))
        # The last frame is seen again with the next block, where its poses meet their successors.
        pairs.append(_neighbours(both, first_of_both))
        offset += len(block)
        tail = block.frame == block.frame[-1]
        last = Instances(block.frame[tail], block.points[tail])
    if not parts:
        nothing, ends, far = np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float32)
        corner = np.zeros(2, np.float32)
        none = Neighbours(ends, ends, far, far, far)
        return Outline(nothing, nothing, far, corner, corner, none, Picked(nothing, far))
    frame, shown, size = (np.concatenate(part) for part in zip(*parts, strict=True))
    del parts
    low, high = (np.array(each) for each in zip(*edges, strict=True))
    neighbours = Neighbours(*(np.concatenate(part) for part in zip(*pairs, strict=True)))
    nothing = Picked(np.empty(0, np.int64), last.points[:0])
    return Outline(frame, shown, size, low.min(axis=0), high.max(axis=0), neighbours, nothing)


def later_pairs(ends: np.ndarray, starts: np.ndarray, *, most: int = 1, count: int | None = None):
    """List all pairs of an entry of `ends` and an entry of `starts` that is 1 to `most` later.

    Args:
        ends: i64[n].
        starts: i64[m], sorted.
        most: the greatest difference.
        count: pair an end with only so many of the next starts; None: with all.

    Returns:
        The indices of both, i64[pair] each, in order of the first.
    """
    low = np.searchsorted(starts, ends + 1, side="left")
    counts = np.searchsorted(starts, ends + most, side="right") - low
    counts = counts if count is None else np.minimum(counts, count)
    first = np.repeat(np.arange(len(ends)), counts)
    within = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    return first, np.repeat(low, counts) + within


def _neighbours(poses: Instances, offset: int) -> Neighbours:
    source, target = later_pairs(poses.frame, poses.frame)
    apart = distance(poses.points[source], poses.points[target])
    best_of_source, next_of_source = _two_nearest(source, apart, len(poses))
    best_of_target, next_of_target = _two_nearest(target, apart, len(poses))
    mutual = (apart <= best_of_source[source]) & (apart <= best_of_target[target])
    source, target, apart = source[mutual], target[mutual], apart[mutual]
    rival = np.minimum(next_of_source[source], next_of_target[target])
    strayed = _strayed(poses, source, target)
    return Neighbours((source + offset).astype(np.int32), (target + offset).astype(np.int32), apart, rival, strayed)


def _strayed(poses: Instances, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Compute the part of the keypoints of `target` that are nearer to those of another source than of its own, f32[p].

    `source` and `target` i64[p] are pairs of mutual neighbours, so that only the sources of a frame are compared.
    """
    former, later = poses.points[source], poses.points[target]
    apart = ((former - later) ** 2).sum(axis=-1)
    strange = np.zeros(apart.shape, bool)
    frame = poses.frame[source]
    for step in range(1, int(np.unique(frame, return_counts=True)[1].max(initial=1))):
        for one, other in ((slice(step, None), slice(None, -step)), (slice(None, -step), slice(step, None))):
            together = np.flatnonzero(frame[one] == frame[other])
            own, near = np.arange(len(frame))[one][together], np.arange(len(frame))[other][together]
            strange[own] |= ((former[near] - later[own]) ** 2).sum(axis=-1) < apart[own]
    return (strange.sum(axis=1) / np.maximum(np.isfinite(apart).sum(axis=1), 1)).astype(np.float32)


def _two_nearest(index: np.ndarray, apart: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the least and the second least distance of the pairs of each of `count` instances; inf = none."""
    order = np.lexsort((apart, index))
    ordered = index[order]
    rank = np.arange(len(ordered)) - np.searchsorted(ordered, ordered)
    nearest = np.full((2, count), np.inf, np.float32)
    for place in (0, 1):
        chosen = rank == place
        nearest[place, ordered[chosen]] = apart[order[chosen]]
    return nearest[0], nearest[1]
