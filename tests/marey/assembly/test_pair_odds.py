"""Log odds: as large as the evidence allows, none where an edge tells nothing."""

import numpy as np
import pytest

from marey.assembly import pair_odds
from marey.assembly.pair_odds import CandidatePairs


def made(seed, count=20_000):
    """Pairs of two edges: of edge 0, affinity and distance tell; of edge 1, nothing does."""
    chance = np.random.default_rng(seed)
    edge, same = chance.integers(0, 2, count), chance.random(count) < 0.3
    telling = same & (edge == 0)
    strength = np.where(telling, chance.normal(0.6, 0.2, count), chance.normal(0, 0.2, count))
    distance = np.where(telling, chance.normal(40, 4, count), chance.uniform(0, 300, count))
    return CandidatePairs(edge, strength, distance, chance.uniform(0.2, 1, (count, 2))), same


def test_odds_come_true():
    """As if pairs of one animal were as common as others, whatever their part in the examples."""
    odds = pair_odds.learn_odds(*made(0), edges=2)
    pairs, same = made(1)
    found = odds(pairs._replace(confidence=np.ones((len(same), 2))))
    for low, high in ((-8, -3), (-3, -1), (-1, 1), (1, 3), (3, 8)):
        chosen = (found >= low) & (found < high)
        if chosen.sum() > 200:
            claimed = (1 / (1 + np.exp(-found[chosen]))).mean()
            weight = np.where(same[chosen], 0.5 / 0.3, 0.5 / 0.7)
            assert np.average(same[chosen], weights=weight) == pytest.approx(claimed, abs=0.06)
    assert (same[pairs.edge == 0] == (found[pairs.edge == 0] > 0)).mean() > 0.97
    np.testing.assert_allclose(found[pairs.edge == 1], 0, atol=0.3)  # an edge that tells nothing


def test_unusual_distances_speak_against_and_faint_candidates_say_less():
    odds = pair_odds.learn_odds(*made(0), edges=2)
    rows = CandidatePairs(np.zeros(5, int), np.full(5, 0.5), np.array([40.0, 55, 60, 40, 60]), np.ones((5, 2)))
    rows.confidence[3:] = 0.1, 0.8
    usual, unusual, stranger, faint, faint_stranger = odds(rows)
    assert usual > unusual > stranger
    assert faint == pytest.approx(0.08 * usual)
    assert faint_stranger == pytest.approx(0.08 * stranger)


def test_an_edge_without_examples_of_both_sorts_is_even():
    pairs, same = made(0, 500)
    odds = pair_odds.learn_odds(pairs, same & (pairs.edge == 0), edges=3)
    rows = CandidatePairs(np.array([1, 2]), np.array([0.9, 0.9]), np.array([40.0, 40]), np.ones((2, 2)))
    assert odds(rows).tolist() == [0, 0]
