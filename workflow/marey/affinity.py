"""Affinity: what a pair of candidate keypoints says about whether they are of one animal, as log odds.

Evidence is the network's affinity (the mean of its field along the line between them), how usual their distance is, and
how sure the network is of each. How much these count is learnt for each edge of the graph by logistic regression, so
that log odds of several edges can be added (`grouping`), and an edge that tells nothing weighs nothing.
"""

from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

CLEAR = 0.15  # an affinity above which more of it says less
FARTHEST = 5.0  # standard deviations of the distance; beyond it, further makes no difference
FAINTEST = 1e-3  # confidence; beyond it, fainter makes no difference
KINDS = 6  # of evidence


class Pairs(NamedTuple):
    """Pairs of candidates: the `edge` i64[p] that joins their keypoints, their `affinity` f64[p] (-1 to 1).

    `distance` f64[p] px, and the `confidence` f64[p, 2] of both.
    """

    edge: np.ndarray
    affinity: np.ndarray
    distance: np.ndarray
    confidence: np.ndarray


class Odds(NamedTuple):
    """What was learnt of each edge: mean and standard deviation of the `length` f64[edge, 2] px within animals.

    `weights` f64[edge, 6]: of the kinds of evidence, and a constant.
    """

    length: np.ndarray
    weights: np.ndarray

    def __call__(self, pairs: Pairs) -> np.ndarray:
        """Log odds f64[p] that the two candidates of each pair are of one animal."""
        return (_evidence(pairs, self.length) * self.weights[pairs.edge]).sum(axis=1)


def learn(pairs: Pairs, same: np.ndarray, *, edges: int) -> Odds:
    """Odds from pairs of which it is known whether both candidates are of the `same` animal, bool[p].

    An edge of which there are only pairs of one sort says nothing: its odds are even.
    """
    length, weights = np.tile([0.0, 1.0], (edges, 1)), np.zeros((edges, KINDS))
    for edge in range(edges):
        within = pairs.distance[(pairs.edge == edge) & same]
        if len(within):
            length[edge] = within.mean(), max(within.std(), 1.0)
    evidence = _evidence(pairs, length)
    for edge in range(edges):
        of_edge = pairs.edge == edge
        if len(np.unique(same[of_edge])) == 2:
            fitted = LogisticRegression(max_iter=1000).fit(evidence[of_edge, :-1], same[of_edge])
            weights[edge] = np.append(fitted.coef_[0], fitted.intercept_[0])
    return Odds(length, weights)


def _evidence(pairs: Pairs, length: np.ndarray) -> np.ndarray:
    """The kinds of evidence f64[p, 6]; the last is 1."""
    mean, spread = length[pairs.edge].T
    unusual = np.minimum(np.abs(pairs.distance - mean) / spread, FARTHEST) ** 2
    sure = np.log(np.maximum(pairs.confidence, FAINTEST))
    clear = np.minimum(pairs.affinity, CLEAR)
    return np.stack([pairs.affinity, clear, unusual, sure[:, 0], sure[:, 1], np.ones(len(unusual))], axis=1)
