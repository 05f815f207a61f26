"""The model of likeness: how the appearance of one animal scatters, and how far animals lie apart.

Each pose has a vector of its appearance. The two-covariance model (PLDA with full covariances; Ioffe 2006, Bruemmer &
de Villiers 2010) says that an animal's vectors scatter about its mean with a covariance W, and the animals' means with
a covariance B. Both are learnt from the video, of chains of tracklets that surely are one animal by their motion: W by
how the means of short stretches scatter about that of their chain, so that it also holds what changes slowly; B by
chains that live at the same time and so are two animals. Where animals look alike, B comes out as 0, and appearance
says nothing.
"""

from typing import NamedTuple

import numpy as np

DECEPTION_PROBABILITY = 0.01  # that appearance deceives, whatever it says
STRETCH_POSES = 16  # poses of which only the mean is used: noise averages out, what changes slowly does not
CHAIN_WORTHS = 2.0 ** np.arange(11)  # candidates for how many independent stretches a chain is worth
MIN_STRETCHES_PER_DIMENSION = 2  # fewer cannot teach W
UNSEEN_POSES = 1e-9  # so little is known of whom nobody looked at that the odds are even


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
    known = np.flatnonzero(whole.count)
    one, other = (known[pair] for pair in simultaneous(begin[known], end[known]))
    spare = len(sums.count) - len(known)
    apart = (sums.mean - whole.mean[chain]) * np.sqrt(sums.count / STRETCH_POSES)[:, None]
    least = 1e-6 * (apart**2).mean() if len(apart) else 0.0
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
    return STRETCH_POSES / np.maximum(count, UNSEEN_POSES) + 1 / worth


def simultaneous(begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find pairs of chains, i64[p] each, that live at the same time.

    Each chain is paired with the earlier one that lives longest, if that still lives. `begin` i64[n], sorted, and `end`
    i64[n]: the first and the last frame of each.
    """
    longest = np.maximum.accumulate(end)
    owner = np.maximum.accumulate(np.where(end == longest, np.arange(len(end)), 0))
    later = np.flatnonzero(longest[:-1] >= begin[1:]) + 1
    return owner[later - 1], later
