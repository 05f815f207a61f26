"""How unusual frames are: by counting, by nearness, and by many terms together."""

import numpy as np

from marey.labelling.surprise import rarity, surprises, together


def test_it_is_counted_how_few_are_as_unusual():
    values = np.random.default_rng(0).permutation(1000) / 1000.0
    found = surprises(values)
    order = np.argsort(-values)
    assert (np.diff(found[order]) <= 0).all()
    middle = values < 0.9  # of the rest, it counts how the tail falls off, too
    rank = np.argsort(order)[middle] + 0.5
    np.testing.assert_allclose(found[middle], np.log(1000 / rank), rtol=1e-5)


def test_what_is_not_known_or_the_same_everywhere_is_ordinary():
    assert not surprises(np.full(50, 3.0)).any()
    assert not surprises(np.array([])).size
    found = surprises(np.append(np.arange(50.0), np.nan))
    assert found[-1] == 0 < found[-2]


def test_what_lies_far_beyond_the_others_gets_more_but_twice_at_most():
    rest = np.random.default_rng(0).exponential(size=999)
    near, far = (surprises(np.append(rest, value))[-1] for value in (rest.max() + 0.1, 1000.0))
    assert near < far <= 2 * np.log(1000 / 0.5) + 1e-4


def test_scales_do_not_count():
    values = np.random.default_rng(0).normal(size=200)
    np.testing.assert_allclose(surprises(values), surprises(1000 * values - 7), rtol=1e-4)


def test_one_large_term_suffices():
    terms = np.full((3, 11), 1.0)
    terms[1, 4], terms[2] = 12.0, 3.0
    score = together(terms)
    assert score.argmax() == 1
    assert score[2] > score[0]


def test_a_state_that_few_have_is_far_from_others_and_neighbours_in_time_are_none():
    rng = np.random.default_rng(0)
    values, video, time = rng.normal(size=(500, 3)), np.repeat([0, 1], 250), np.tile(np.arange(250) / 10, 2)
    values[[*range(40, 44), 300, 333]] += 20
    found = rarity(values, video, time, rng=rng)
    assert set(np.argsort(-found)[:6]) == {*range(40, 44), 300, 333}
    assert not np.isfinite(rarity(values[:5], video[:5], time[:5], rng=rng)).any()  # all within a second
