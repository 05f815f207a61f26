"""The model of likeness: one that Gaussians are drawn from is found again, and its odds are right."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from marey.tracking import likeness, likeness_model

WITHIN = np.array([[2.0, 0.5, 0], [0.5, 1.0, 0], [0, 0, 0.3]])
BETWEEN = np.diag([5.0, 0.0, 0.0])  # animals differ in one direction


def drawn(seed, *, animals=300, pieces=20, count=4, within=WITHIN, between=BETWEEN, repeated=1):
    """Sums of stretches, the chain of each, first and last frame of chains, and whose each chain is.

    A chain has `count` stretches, of which `repeated` are the same; two animals live at a time.
    """
    chance, dimension = np.random.default_rng(seed), len(within)
    mean = chance.multivariate_normal(np.zeros(dimension), between, (animals, 1, 1))
    noise = chance.multivariate_normal(np.zeros(dimension), within, (animals, pieces, count // repeated))
    vectors = mean + np.repeat(noise, repeated, axis=2)
    # Animals 2 k and 2 k + 1 live at the same time; all their chains do in turn.
    turn = np.repeat(np.arange(animals) // 2, pieces) * pieces + np.tile(np.arange(pieces), animals)
    order = np.argsort(turn, kind="stable")
    vectors = vectors.reshape(-1, count, dimension)[order].reshape(-1, dimension)
    sums = likeness_model.Sums(np.full(len(vectors), 16.0), 16 * vectors)
    begin = 100 * turn[order]
    return (
        sums,
        np.repeat(np.arange(len(order)), count),
        begin,
        begin + 99,
        np.repeat(np.arange(animals), pieces)[order],
    )


def looked(sums, chain, begin, end, _):
    """The likeness of chains, by what they teach."""
    model, whole = likeness_model.learn_likeness(sums, chain, begin, end), sums.of(chain, len(begin))
    return likeness.Likeness(model, likeness_model.Sums(whole.count, whole.total @ model.axes), np.arange(len(begin)))


def test_the_model_that_vectors_were_drawn_from_is_found():
    model = likeness_model.learn_likeness(*drawn(0)[:4])
    assert model.axes.shape == (3, 1)
    np.testing.assert_allclose(model.axes.T @ WITHIN @ model.axes, 1, rtol=0.1)
    best = np.linalg.inv(WITHIN)[:, 0] / np.sqrt(np.linalg.inv(WITHIN)[0, 0])
    assert abs(best @ WITHIN @ model.axes[:, 0]) > 0.98
    np.testing.assert_allclose(model.between, 5 * np.linalg.inv(WITHIN)[0, 0], rtol=0.25)
    assert model.worth == likeness_model.CHAIN_WORTHS[-1]


def test_the_odds_are_those_of_the_gaussians():
    """Against densities of the difference of two means, of one animal and of two, without and with deception."""
    model = likeness_model.LikenessModel(np.eye(2), np.array([4.0, 0.5]), 8.0)
    chance = np.random.default_rng(0)
    apart, count = chance.normal(0, 1, (20, 2)), chance.integers(1, 500, (2, 20))
    variance = model.variance(count[0]) + model.variance(count[1])
    np.testing.assert_allclose(variance, 16 / count[0] + 16 / count[1] + 0.25)
    for step, spread, found in zip(apart, variance, model.ratio(apart, variance), strict=True):
        same = multivariate_normal.pdf(step, cov=spread * np.eye(2))
        other = multivariate_normal.pdf(step, cov=spread * np.eye(2) + np.diag([8.0, 1.0]))
        rate = likeness_model.DECEPTION_PROBABILITY
        assert found == pytest.approx(np.log(((1 - rate) * same + rate * other) / ((1 - rate) * other + rate * same)))
    far = model.ratio(np.array([[1e4, 0.0]]), np.array([0.1]))
    np.testing.assert_allclose(far, np.log(0.01 / 0.99))


def test_odds_are_right_as_often_as_they_say():
    """Of pairs with odds between 2 : 1 and 4 : 1, as many pairs of one animal as of two being there, 2/3 to 4/5 are."""
    made = drawn(1)
    seen, animal = looked(*made), made[-1]
    chance = np.random.default_rng(0)
    one = chance.integers(0, len(animal), 200_000)
    peers = np.argsort(animal, kind="stable").reshape(300, 20)
    same, other = peers[animal[one], chance.integers(0, 20, len(one))], chance.permutation(one)
    right, wrong = (seen.ratio(one, each)[(each != one)] for each in (same, other))
    near = [np.mean((np.log(2) < odds) & (odds < np.log(4))) for odds in (right, wrong)]
    assert 0.6 < near[0] / sum(near) < 0.85


@pytest.mark.parametrize("seed", range(3))
def test_animals_that_look_alike_give_even_odds(seed):
    made = drawn(seed, animals=4, between=np.zeros((3, 3)))
    seen = looked(*made)
    one, other = np.triu_indices(len(made[2]), 1)
    assert np.abs(seen.ratio(one, other)).mean() < 0.2


@pytest.mark.parametrize(("repeated", "low", "high"), [(1, 64, 1024), (16, 2, 4)])
def test_stretches_that_repeat_themselves_are_worth_less(repeated, low, high):
    """Chains of 64 stretches, of which 4 are different."""
    made = drawn(0, animals=40, count=64, repeated=repeated)
    assert low <= likeness_model.learn_likeness(*made[:4]).worth <= high


def test_pairs_live_at_the_same_time():
    begin, end = np.array([0, 3, 4, 20, 21, 40]), np.array([10, 5, 15, 30, 22, 50])
    one, other = likeness_model.simultaneous(begin, end)
    assert list(zip(one.tolist(), other.tolist(), strict=True)) == [(0, 1), (0, 2), (3, 4)]


def test_nothing_is_learnt_of_one_animal_or_of_few_stretches():
    sums, chain, begin, *_ = drawn(0, animals=2)
    alone = likeness_model.learn_likeness(sums, chain, np.arange(len(begin)), np.arange(len(begin)))
    few = likeness_model.learn_likeness(*drawn(0, animals=2, pieces=1)[:4])
    for model in (alone, few):
        assert model.ratio(np.zeros((3, 0)), np.ones(3)).tolist() == [0, 0, 0]
