"""A network learns from chains which animals are which."""

import numpy as np
import pytest

from marey.recognition import contrast


def test_the_loss_is_that_of_a_sum_over_pairs():
    chance = np.random.default_rng(0)
    z = chance.normal(0, 1, (7, 3))
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    chain = np.array([0, 0, 0, 1, 1, 2, 3])
    same = (chain[:, None] == chain) & ~np.eye(7, dtype=bool)
    other = np.zeros((7, 7), bool)
    other[:5, :5] = chain[:5, None] != chain[:5]  # 2 and 3 were never there with another
    expected = np.zeros(7)
    for a in range(5):
        near = np.exp(z @ z[a] / contrast.TEMPERATURE)
        terms = [-np.log(near[p] / (near[p] + near[other[a]].sum())) for p in np.flatnonzero(same[a])]
        expected[a] = np.mean(terms)
    found = contrast.contrast_loss(z.astype(np.float32), same, other)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_pairs_at_once_are_all_that_share_a_frame():
    chance = np.random.default_rng(1)
    begin = chance.integers(0, 50, 40)
    end = begin + chance.integers(0, 12, 40)
    expected = {frozenset((a, b)) for a in range(40) for b in range(a) if begin[a] <= end[b] and begin[b] <= end[a]}
    found = contrast.pairs_at_once(begin, end)
    assert {frozenset(pair) for pair in found.tolist()} == expected
    assert len(found) == len(expected)


def looks(animal, chance):
    """Squares of animals: one bears a bar across, the other along; brightness and place say nothing."""
    squares = chance.normal(120, 12, (len(animal), 24, 24, 3))
    for square, kind in zip(squares, animal, strict=True):
        start = chance.integers(4, 14)
        square[(slice(start, start + 5),) if kind else (slice(None), slice(start, start + 5))] += 70
    return np.clip(squares + chance.normal(0, 15, (len(animal), 1, 1, 1)), 0, 255).astype(np.uint8)


def test_what_was_learnt_holds_for_chains_that_were_not_seen():
    """Two animals, in six meetings of twelve frames each; nothing says who is who from one to the next."""
    chance = np.random.default_rng(2)
    chain = np.repeat(np.arange(12), 12)
    animal = np.arange(12) // 2 % 2 ^ np.arange(12) % 2
    begin = np.arange(12) // 2 * 100
    squares = looks(animal[chain], chance)
    embed = contrast.learn_contrast(squares, chain, begin, begin + 50, seed=0, steps=40)
    new = np.repeat([0, 1], 20)
    seen, known = embed(looks(new, chance)), embed(squares)
    centre = np.stack([known[animal[chain] == kind].mean(axis=0) for kind in (0, 1)])
    assert ((seen @ centre.T).argmax(axis=1) == new).mean() > 0.9
    np.testing.assert_allclose(np.linalg.norm(seen, axis=1), 1, rtol=1e-4)
    again = contrast.learn_contrast(squares, chain, begin, begin + 50, seed=0, steps=40)
    np.testing.assert_array_equal(again(squares), known)


@pytest.mark.parametrize("end", [[9, 19], [19, 19]])
def test_nothing_is_learnt_without_two_chains_at_once(end):
    """The second case: they are there at once, but one has a single square."""
    chain = np.array([0, 0, 1, 1]) if end[0] == 9 else np.array([0, 0, 0, 1])
    squares = np.zeros((4, 24, 24, 3), np.uint8)
    assert contrast.learn_contrast(squares, chain, np.array([0, 10]), np.array(end), seed=0, steps=1) is None
