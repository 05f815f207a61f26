"""Likeness: how much likelier two tracklets are one animal than two, by what the network sees of them.

Each pose has a vector of its appearance. The two-covariance model (PLDA with full covariances; Ioffe 2006, Bruemmer &
de Villiers 2010) says that an animal's vectors scatter about its mean with a covariance W, and the animals' means with
a covariance B. Both are learnt from the video, of chains of tracklets that surely are one animal by their motion: W by
how the means of short stretches scatter about that of their chain, so that it also holds what changes slowly; B by
chains that live at the same time and so are two animals. Where animals look alike, B comes out as 0, and appearance
says nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from marey.tracking.tracklets import Tracklets

DECEPTION_PROBABILITY = 0.01  # that appearance deceives, whatever it says
STRETCH_POSES = 16  # poses of which only the mean is used: noise averages out, what changes slowly does not
CHAIN_WORTHS = 2.0 ** np.arange(11)  # candidates for how many independent stretches a chain is worth
MIN_STRETCHES_PER_DIMENSION = 2  # fewer cannot teach W


class AppearanceError(ValueError):
    """Say that the vectors are not those of the poses, and which frame shows it."""


class Appearance(NamedTuple):
    """The appearance of some poses, in their order: `frame` i64[n] and `vector` f32[n, dimension]."""

    frame: np.ndarray
    vector: np.ndarray


class Sums(NamedTuple):
    """Sums over the poses of each tracklet or chain.

    `count` f64[n] poses; `total` f64[n, dimension] of their vectors.
    """

    count: np.ndarray
    total: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Compute the mean vectors, f64[n, dimension]."""
        return self.total / np.maximum(self.count, 1)[:, None]

    def of(self, owner: np.ndarray, groups: int) -> "Sums":
        """Add up the sums of `groups` groups of tracklets; `owner` i64[n] is the group of each, -1 = none."""
        kept = owner >= 0
        total = np.zeros((groups, self.total.shape[1]))
        np.add.at(total, owner[kept], self.total[kept])
        return Sums(np.bincount(owner[kept], self.count[kept], groups), total)


class LikenessModel(NamedTuple):
    """The two-covariance model, in coordinates in which W is 1 and B is diagonal.

    `axes` f64[dimension, k]: to these coordinates; `between` f64[k]: the diagonal of B, all above 0. W is that of the
    mean of a stretch. `worth`: how many independent stretches a chain is worth at most.
    """

    axes: np.ndarray
    between: np.ndarray
    worth: float

    def variance(self, count: np.ndarray) -> np.ndarray:
        """Compute the variance of the means of `count` f64[n] poses, f64[n], in units of W."""
        return _variance(count, self.worth)

    def ratio(self, apart: np.ndarray, variance: np.ndarray) -> np.ndarray:
        """Compute the log odds, f64[n] nats, that two means are one animal's.

        They are bounded by the odds that appearance deceives. `apart` f64[n, k]: the difference of the means, along the
        axes; `variance` f64[n]: the sum of both variances.
        """
        same, other = variance[:, None], variance[:, None] + 2 * self.between
        odds = 0.5 * (np.log(other / same) - apart**2 / same + apart**2 / other).sum(axis=1)
        either = np.log(DECEPTION_PROBABILITY), np.log1p(-DECEPTION_PROBABILITY)
        return np.logaddexp(either[1] + odds, either[0]) - np.logaddexp(either[1], either[0] + odds)


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
    sums, owner = sum_stretches(appearances, pieces, frame)
    begin, end = np.full(int(chain.max()) + 1, frame[-1]), np.zeros(int(chain.max()) + 1, np.int64)
    np.minimum.at(begin, chain, frame[pieces.first])
    np.maximum.at(end, chain, frame[pieces.last])
    model = learn_likeness(sums, chain[owner], begin, end)
    whole = sums.of(owner, len(pieces))
    return Likeness(model, Sums(whole.count, whole.total @ model.axes), chain)


def sum_stretches(appearances: Iterable[Appearance], pieces: Tracklets, frame: np.ndarray) -> tuple[Sums, np.ndarray]:
    """Sum the vectors of stretches of up to STRETCH_POSES poses, tracklet by tracklet.

    Arguments and errors as of `measure_likeness`. Returns the sums and the tracklet of each, i64[stretch].
    """
    number = -(-pieces.lengths // STRETCH_POSES)
    owner = np.repeat(np.arange(len(pieces)), number)
    within = np.arange(len(frame), dtype=np.int32) - np.repeat(pieces.starts[:-1].astype(np.int32), pieces.lengths)
    part = np.empty(len(frame), np.int32)
    part[pieces.members] = (
        np.repeat((np.cumsum(number) - number).astype(np.int32), pieces.lengths) + within // STRETCH_POSES
    )
    del within
    total, offset = np.zeros(0), 0
    for seen, vector in appearances:
        stop = offset + len(seen)
        if not np.array_equal(seen, frame[offset:stop]):
            raise _strange(seen, frame[offset:stop])
        dimension = vector.shape[1]
        total = total if len(total) else np.zeros(len(owner) * dimension)
        # One by one in the order of the poses, so that it does not matter how they are cut into blocks.
        cells = part[offset:stop, None].astype(np.int64) * dimension + np.arange(dimension)
        np.add.at(total, cells.ravel(), vector.ravel().astype(np.float64))
        offset = stop
    if offset < len(frame):
        raise _strange(frame[:0], frame[offset:])
    return Sums(np.bincount(part, minlength=len(owner)).astype(float), total.reshape(len(owner), -1)), owner


def _strange(found: np.ndarray, due: np.ndarray) -> AppearanceError:
    length = min(len(found), len(due))
    differ = np.append(np.flatnonzero(found[:length] != due[:length]), length)[0]
    told = [f"frame {frames[differ]}" if differ < len(frames) else "the end" for frames in (due, found)]
    return AppearanceError(
        f"the tables `poses` and `appearances` are not of one assembly: the next pose is of {told[0]}, the next vector "
        f"of {told[1]}. Delete both and run again."
    )


def learn_likeness(sums: Sums, chain: np.ndarray, begin: np.ndarray, end: np.ndarray) -> LikenessModel:
    """Learn the model from stretches.

    Args:
        sums: sums over the poses of each stretch.
        chain: i64[stretch], the chain that each is of.
        begin: i64[chain], the first frame of each, in ascending order.
        end: i64[chain], the last frame of each.

    Returns:
        The model. Where no two chains live at the same time, or stretches are too few, its odds are always even.
    """
    whole, dimension = sums.of(chain, len(begin)), sums.total.shape[1]
    one, other = simultaneous(begin, end)
    spare = len(sums.count) - len(begin)
    apart = (sums.mean - whole.mean[chain]) * np.sqrt(sums.count / STRETCH_POSES)[:, None]
    least = 1e-6 * (apart**2).mean()
    if not len(one) or spare < MIN_STRETCHES_PER_DIMENSION * dimension or not least:
        return LikenessModel(np.zeros((dimension, 0)), np.zeros(0), 1.0)
    within = apart.T @ apart / spare + least * np.eye(dimension)
    whiten = np.linalg.inv(np.linalg.cholesky(within)).T
    worth = _worth(*_halves(sums, chain, whole.count), whiten)
    variance = _variance(whole.count, worth)
    precision = 1 / (variance[one] + variance[other])
    apart = (whole.mean[one] - whole.mean[other]) @ whiten * np.sqrt(precision)[:, None]
    scatter, turn = np.linalg.eigh(apart.T @ apart / len(one))
    # Of so few pairs, noise alone scatters up to this (Marchenko & Pastur 1967) along the axis that shows it most.
    excess = scatter - (1 + np.sqrt(dimension / len(one))) ** 2
    kept = excess > 0
    return LikenessModel((whiten @ turn)[:, kept], excess[kept] / precision.mean() / 2, worth)


def _halves(sums: Sums, chain: np.ndarray, size: np.ndarray) -> tuple[Sums, Sums]:
    """Add up the first and the second half of the stretches of each chain of `size` f64[chain] poses."""
    order = np.argsort(chain, kind="stable")
    before = np.empty(len(chain))
    before[order] = np.cumsum(sums.count[order]) - sums.count[order]
    later = 2 * (before - (np.cumsum(size) - size)[chain]) >= size[chain]
    return tuple(sums.of(np.where(later == half, chain, -1), len(size)) for half in (False, True))


def _worth(first: Sums, second: Sums, whiten: np.ndarray) -> float:
    """Choose how many independent stretches a chain is worth at most: the likeliest of CHAIN_WORTHS for its two halves.

    `whiten` f64[dimension, dimension] makes W 1.
    """
    both = (first.count > 0) & (second.count > 0)
    one, other = first.count[both], second.count[both]
    apart = (((first.mean - second.mean)[both] @ whiten) ** 2).sum(axis=1)
    variance = [_variance(one, worth) + _variance(other, worth) for worth in CHAIN_WORTHS]
    cost = [((one + other) * (len(whiten) * np.log(each) + apart / each)).sum() for each in variance]
    return float(CHAIN_WORTHS[np.argmin(cost)])


def _variance(count: np.ndarray, worth: float) -> np.ndarray:
    return STRETCH_POSES / np.maximum(count, 1) + 1 / worth


def simultaneous(begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find pairs of chains, i64[p] each, that live at the same time.

    Each chain is paired with the earlier one that lives longest, if that still lives. `begin` i64[n], sorted, and `end`
    i64[n]: the first and the last frame of each.
    """
    longest = np.maximum.accumulate(end)
    owner = np.maximum.accumulate(np.where(end == longest, np.arange(len(end)), 0))
    later = np.flatnonzero(longest[:-1] >= begin[1:]) + 1
    return owner[later - 1], later
