"""Odds of pairs: what two candidate keypoints say about whether they are of one animal, as log odds.

Evidence is the network's affinity (the mean of its field along the line between them) and how usual their distance is.
How much these count is learnt for each edge of the graph by logistic regression, from keypoints of labelled animals, as
if every other pair were of one animal: log odds of several edges are added (`clustering`), and how rare such pairs are
would be counted again with each of them. They count as far as both candidates are sure, so that of two candidates for
one place in an animal the one of higher confidence wins; an edge that tells nothing weighs nothing.
"""

from typing import NamedTuple

import numpy as np

CLEAR_AFFINITY = 0.15  # an affinity above which more of it says less
MAX_LENGTH_DEVIATION = 5.0  # standard deviations of the distance; beyond it, further makes no difference
EVIDENCE_KINDS = 4  # of evidence


class CandidatePairs(NamedTuple):
    """Pairs of candidates: the `edge` i64[p] that joins their keypoints, their `affinity` f64[p] (-1 to 1).

    `distance` f64[p] px, and the `confidence` f64[p, 2] of both.
    """

    edge: np.ndarray
    affinity: np.ndarray
    distance: np.ndarray
    confidence: np.ndarray


class EdgeOdds(NamedTuple):
    """What was learnt of each edge: mean and standard deviation of the `length` f64[edge, 2] px within animals.

    `weights` f64[edge, 4]: of the kinds of evidence, of which the last is a constant.
    """

    length: np.ndarray
    weights: np.ndarray

    def __call__(self, pairs: CandidatePairs) -> np.ndarray:
        """Compute the log odds f64[p] that both candidates of a pair are of one animal, times their confidences."""
        odds = (_evidence(pairs, self.length) * self.weights[pairs.edge]).sum(axis=1)
        return odds * pairs.confidence.prod(axis=1)


def learn_odds(pairs: CandidatePairs, same: np.ndarray, *, edges: int) -> EdgeOdds:
    """Learn odds from pairs of keypoints of labelled animals.

    `same` bool[p]: whether a pair is of one animal; `edges` is the number of edges. An edge of which there are only
    pairs of one sort says nothing: its odds are even.
    """
    from sklearn.linear_model import LogisticRegression  # not where odds are only applied, as in assembly

    length, weights = np.tile([0.0, 1.0], (edges, 1)), np.zeros((edges, EVIDENCE_KINDS))
    for edge in range(edges):
        within = pairs.distance[(pairs.edge == edge) & same]
        if len(within):
            length[edge] = within.mean(), max(within.std(), 1.0)
    evidence = _evidence(pairs, length)
    for edge in range(edges):
        of_edge = pairs.edge == edge
        if len(np.unique(same[of_edge])) == 2:
            fitted = LogisticRegression(class_weight="balanced", max_iter=1000)
            fitted.fit(evidence[of_edge, :-1], same[of_edge])
            weights[edge] = np.append(fitted.coef_[0], fitted.intercept_[0])
    return EdgeOdds(length, weights)


def _evidence(pairs: CandidatePairs, length: np.ndarray) -> np.ndarray:
    """Compute the kinds of evidence f64[p, 4]; the last is 1."""
    mean, spread = length[pairs.edge].T
    unusual = np.minimum(np.abs(pairs.distance - mean) / spread, MAX_LENGTH_DEVIATION) ** 2
    return np.stack(
        [pairs.affinity, np.minimum(pairs.affinity, CLEAR_AFFINITY), unusual, np.ones(len(unusual))], axis=1
    )
