"""Likeness: how much likelier two tracklets are one animal than two, by what the network sees of them.

Each pose has a vector of its appearance; `likeness_model` says how those of an animal scatter.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from marey.tracking.likeness_model import STRETCH_POSES, LikenessModel, Sums, learn_likeness
from marey.tracking.tracklets import Tracklets


class AppearanceError(ValueError):
    """Say that the vectors are not those of the poses, and which frame shows it."""


class Appearance(NamedTuple):
    """The appearance of some poses, in their order.

    `frame` i64[n]; `vector` f32[n, dimension], NaN = not looked at; `trained` bool[n]: the vectors were made so that
    this pose is near others of its chain, and cannot teach how near such are; None: none was.
    """

    frame: np.ndarray
    vector: np.ndarray
    trained: np.ndarray | None = None


@dataclass(frozen=True)
class Likeness:
    """The appearance of tracklets, by a `model`: each is taken to look like the `chain` i64[tracklet] that it is of.

    `sums` over the poses of each tracklet, along the model's axes.
    """

    model: LikenessModel
    sums: Sums
    chain: np.ndarray

    def ratio(self, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Compute the log odds, f64[e] nats, that the chains of two tracklets are one animal.

        `source` and `target` i64[e]: the tracklets.
        """
        mean, variance = self._chains
        one, other = self.chain[source], self.chain[target]
        return self.model.ratio(mean[one] - mean[other], variance[one] + variance[other])

    def joined(self, path: np.ndarray) -> "Likeness":
        """Return the likeness of paths instead of tracklets: `path` i64[tracklet], from 0, -1 = none."""
        sums = self.sums.of(path, int(path.max()) + 1)
        return Likeness(self.model, sums, np.arange(len(sums.count)))

    def parts(self, origin: np.ndarray) -> "Likeness":
        """Return the likeness of parts of tracklets, each like the whole; `origin` i64[part] is the tracklet."""
        first = np.zeros(len(origin), bool)
        first[np.unique(origin, return_index=True)[1]] = True  # of several parts one counts for all
        sums = Sums(self.sums.count[origin] * first, self.sums.total[origin] * first[:, None])
        return Likeness(self.model, sums, self.chain[origin])

    @cached_property
    def _chains(self) -> tuple[np.ndarray, np.ndarray]:
        """Compute the mean f64[chain, k] of each chain and its variance f64[chain]."""
        sums = self.sums.of(self.chain, int(self.chain.max()) + 1)
        return sums.mean, self.model.variance(sums.count)


def measure_likeness(
    appearances: Iterable[Appearance], pieces: Tracklets, chain: np.ndarray, frame: np.ndarray
) -> Likeness:
    """Measure the appearance of tracklets in one pass over the vectors.

    Args:
        appearances: a vector for each instance, in their order, in blocks.
        pieces: the tracklets.
        chain: i64[tracklet], from 0 in order of the first tracklet of each.
        frame: i64[instance].

    Returns:
        The likeness of the tracklets, by the model that the chains teach.

    Raises:
        AppearanceError: there is not one vector for each instance.
    """
    sums, independent, owner = sum_stretches(appearances, pieces, frame)
    begin, end = np.full(int(chain.max()) + 1, frame[-1]), np.zeros(int(chain.max()) + 1, np.int64)
    np.minimum.at(begin, chain, frame[pieces.first])
    np.maximum.at(end, chain, frame[pieces.last])
    taught = independent.count > 0
    stretches = Sums(independent.count[taught], independent.total[taught])
    model = learn_likeness(stretches, chain[owner[taught]], begin, end)
    whole = sums.of(owner, len(pieces))
    return Likeness(model, Sums(whole.count, whole.total @ model.axes), chain)


def sum_stretches(
    appearances: Iterable[Appearance], pieces: Tracklets, frame: np.ndarray
) -> tuple[Sums, Sums, np.ndarray]:
    """Sum the vectors of stretches of up to STRETCH_POSES poses, tracklet by tracklet.

    Poses that were not looked at do not count.

    Arguments and errors as of `measure_likeness`. Returns the sums, the same over poses that were not trained, and the
    tracklet of each, i64[stretch].
    """
    number = -(-pieces.lengths // STRETCH_POSES)
    owner = np.repeat(np.arange(len(pieces)), number)
    within = np.arange(len(frame), dtype=np.int32) - np.repeat(pieces.starts[:-1].astype(np.int32), pieces.lengths)
    part = np.empty(len(frame), np.int32)
    part[pieces.members] = (
        np.repeat((np.cumsum(number) - number).astype(np.int32), pieces.lengths) + within // STRETCH_POSES
    )
    del within
    total, count, offset = np.zeros(0), np.zeros(2 * len(owner)), 0
    for seen, vector, trained in appearances:
        stop = offset + len(seen)
        if not np.array_equal(seen, frame[offset:stop]):
            raise _strange(seen, frame[offset:stop])
        dimension = vector.shape[1]
        total = total if len(total) else np.zeros(len(count) * dimension)
        there = np.isfinite(vector[:, 0])
        own = part[offset:stop][there].astype(np.int64)
        own += 0 if trained is None else len(owner) * trained[there]
        np.add.at(count, own, 1)
        # One by one in the order of the poses, so that it does not matter how they are cut into blocks.
        cells = own[:, None] * dimension + np.arange(dimension)
        np.add.at(total, cells.ravel(), vector[there].ravel().astype(np.float64))
        offset = stop
    if offset < len(frame):
        raise _strange(frame[:0], frame[offset:])
    counts, totals = count.reshape(2, -1), total.reshape(2, len(owner), -1)
    return Sums(counts.sum(axis=0), totals.sum(axis=0)), Sums(counts[0], totals[0]), owner


def _strange(found: np.ndarray, due: np.ndarray) -> AppearanceError:
    length = min(len(found), len(due))
    differ = np.append(np.flatnonzero(found[:length] != due[:length]), length)[0]
    told = [f"frame {frames[differ]}" if differ < len(frames) else "the end" for frames in (due, found)]
    return AppearanceError(
        f"the tables `poses` and `appearances` or `embeddings` are not of one assembly: the next pose is of {told[0]}, "
        f"the next vector of {told[1]}. Delete them and run again."
    )
