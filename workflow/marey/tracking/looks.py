"""Looks: how much likelier two tracklets are one animal than two, by what the network sees of them.

Each pose has a vector. The two-covariance model (PLDA with full covariances; Ioffe 2006, Bruemmer & de Villiers 2010)
says that an animal's vectors scatter about its mean with a covariance W, and the animals' means with a covariance B.
Both are learnt from the video: W by the two halves of each tracklet, B by tracklets that live at the same time and so
are two animals. Where animals look alike, B comes out as 0, and looks say nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from marey.tracking.tracklets import Tracklets

DECEIVED = 0.01  # probability that looks deceive, whatever they say
WORTH = 2.0 ** np.arange(11)  # independent poses that the longest tracklet may be worth


class AppearanceError(ValueError):
    """The vectors are not those of the poses; the message says which frame shows it."""


class Appearance(NamedTuple):
    """Of some poses, in their order: `frame` i64[n] and `vector` f32[n, dimension]."""

    frame: np.ndarray
    vector: np.ndarray


class Sums(NamedTuple):
    """Over the poses of each tracklet, or of a part of it: their `count` f64[n], and the `total` f64[n, dimension]."""

    count: np.ndarray
    total: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """f64[n, dimension]."""
        return self.total / np.maximum(self.count, 1)[:, None]

    def of(self, owner: np.ndarray, groups: int) -> "Sums":
        """The same of `groups` of tracklets; `owner` i64[n] is the group of each, -1 = none."""
        kept = owner >= 0
        total = np.zeros((groups, self.total.shape[1]))
        np.add.at(total, owner[kept], self.total[kept])
        return Sums(np.bincount(owner[kept], self.count[kept], groups), total)


class Model(NamedTuple):
    """`axes` f64[dimension, k]: to coordinates in which W is 1 and B is diagonal, `between` f64[k], all above 0.

    `worth`: how many independent poses any number of them is worth at most, since consecutive ones are alike.
    """

    axes: np.ndarray
    between: np.ndarray
    worth: float

    def variance(self, count: np.ndarray) -> np.ndarray:
        """Of the mean of `count` poses, f64[n], in units of W."""
        return _variance(count, self.worth)

    def ratio(self, apart: np.ndarray, variance: np.ndarray) -> np.ndarray:
        """Log odds, nats, f64[n], that two means are one animal's, bounded by the odds that looks deceive.

        `apart` f64[n, k]: the difference of the means, along the axes; `variance` f64[n]: the sum of both variances.
        """
        same, other = variance[:, None], variance[:, None] + 2 * self.between
        odds = 0.5 * (np.log(other / same) - apart**2 / same + apart**2 / other).sum(axis=1)
        either = np.log(DECEIVED), np.log1p(-DECEIVED)
        return np.logaddexp(either[1] + odds, either[0]) - np.logaddexp(either[1], either[0] + odds)


@dataclass(frozen=True)
class Looks:
    """What tracklets look like: the `model`, and of each how many poses it has and their mean.

    `count` f64[n]; `place` f64[n, k], along the model's axes.
    """

    model: Model
    count: np.ndarray
    place: np.ndarray

    @classmethod
    def of(cls, model: Model, sums: Sums) -> "Looks":
        """Those of tracklets with these sums."""
        return cls(model, sums.count, sums.mean @ model.axes)

    def ratio(self, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Log odds, nats, f64[e], that tracklets `source` i64[e] and `target` i64[e] are one animal."""
        variance = self.model.variance(self.count)
        apart = self.place[source] - self.place[target]
        return self.model.ratio(apart, variance[source] + variance[target])

    def joined(self, path: np.ndarray) -> "Looks":
        """Those of paths: `path` i64[n] of each tracklet, from 0, -1 = none."""
        sums = Sums(self.count, self.place * self.count[:, None]).of(path, int(path.max()) + 1)
        return Looks(self.model, sums.count, sums.mean)


def halves(appearances: Iterable[Appearance], pieces: Tracklets, frame: np.ndarray) -> tuple[Sums, Sums]:
    """Sums over the first and the second half of each tracklet, by one pass; the first has the middle pose.

    `frame` i64[instance]. Raises AppearanceError where there is not one vector for each instance.
    """
    within = np.arange(len(frame)) - np.repeat(pieces.starts[:-1], pieces.lengths)
    later = 2 * within >= np.repeat(pieces.lengths, pieces.lengths)
    part = np.empty(len(frame), np.int32)
    part[pieces.members] = 2 * np.repeat(np.arange(len(pieces), dtype=np.int32), pieces.lengths) + later
    del within, later
    total, offset = np.zeros(0), 0
    for seen, vector in appearances:
        stop = offset + len(seen)
        if not np.array_equal(seen, frame[offset:stop]):
            raise _strange(seen, frame[offset:stop])
        dimension = vector.shape[1]
        total = total if len(total) else np.zeros(2 * len(pieces) * dimension)
        # One by one in the order of the poses, so that it does not matter how they are cut into blocks.
        cells = part[offset:stop, None].astype(np.int64) * dimension + np.arange(dimension)
        np.add.at(total, cells.ravel(), vector.ravel().astype(np.float64))
        offset = stop
    if offset < len(frame):
        raise _strange(frame[:0], frame[offset:])
    count = np.bincount(part, minlength=2 * len(pieces)).astype(float)
    total = total.reshape(2 * len(pieces), -1)
    return Sums(count[::2], total[::2]), Sums(count[1::2], total[1::2])


def _strange(found: np.ndarray, due: np.ndarray) -> AppearanceError:
    length = min(len(found), len(due))
    differ = np.append(np.flatnonzero(found[:length] != due[:length]), length)[0]
    told = [f"frame {frames[differ]}" if differ < len(frames) else "the end" for frames in (due, found)]
    return AppearanceError(
        f"the tables `poses` and `appearances` are not of one assembly: the next pose is of {told[0]}, the next vector "
        f"of {told[1]}. Delete both and run again."
    )


def learn(first: Sums, second: Sums, begin: np.ndarray, end: np.ndarray) -> Model:
    """What the `halves` of tracklets teach that live from frame `begin` i64[n], sorted, to frame `end` i64[n]."""
    within, worth = _within(first, second)
    whole = Sums(first.count + second.count, first.total + second.total)
    one, other = simultaneous(begin, end)
    dimension, pairs = whole.total.shape[1], len(one)
    if not pairs or not np.isfinite(within).all():
        return Model(np.zeros((dimension, 0)), np.zeros(0), worth)
    variance = _variance(whole.count, worth)
    precision = 1 / (variance[one] + variance[other])
    whiten = np.linalg.inv(np.linalg.cholesky(within)).T
    apart = (whole.mean[one] - whole.mean[other]) @ whiten * np.sqrt(precision)[:, None]
    scatter, turn = np.linalg.eigh(apart.T @ apart / pairs)
    # Of so few pairs, noise alone scatters up to this (Marchenko & Pastur 1967) along the axis that shows it most.
    excess = scatter - (1 + np.sqrt(dimension / pairs)) ** 2
    kept = excess > 0
    return Model((whiten @ turn)[:, kept], excess[kept] / precision.mean() / 2, worth)


def _within(first: Sums, second: Sums) -> tuple[np.ndarray, float]:
    """W f64[dimension, dimension], and the independent poses that a tracklet is worth, of WORTH the likeliest.

    W is NaN where no tracklet has two poses, or nothing varies.
    """
    both = (first.count > 0) & (second.count > 0)
    apart = (first.mean - second.mean)[both]
    dimension = apart.shape[1]
    least = 1e-6 * (apart**2).mean() if len(apart) else 0.0
    if not least:
        return np.full((dimension, dimension), np.nan), 1.0
    best = -np.inf
    for worth in WORTH:
        variance = _variance(first.count[both], worth) + _variance(second.count[both], worth)
        covariance = apart.T @ (apart / variance[:, None]) / len(apart) + least * np.eye(dimension)
        likelihood = -len(apart) * np.linalg.slogdet(covariance)[1] - dimension * np.log(variance).sum()
        if likelihood > best:
            best, result = likelihood, (covariance, float(worth))
    return result


def _variance(count: np.ndarray, worth: float) -> np.ndarray:
    return 1 / np.maximum(count, 1) + 1 / worth


def simultaneous(begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of tracklets, i64[p] each, that share a frame: each with the earlier one that lives longest, if it does.

    `begin` i64[n], sorted, and `end` i64[n]: the first and the last frame of each.
    """
    longest = np.maximum.accumulate(end)
    owner = np.maximum.accumulate(np.where(end == longest, np.arange(len(end)), 0))
    later = np.flatnonzero(longest[:-1] >= begin[1:]) + 1
    return owner[later - 1], later
