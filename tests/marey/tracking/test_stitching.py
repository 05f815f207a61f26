"""Stitching: the cheapest paths, against every possible answer of small cases."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marey.tracking import stitching
from marey.tracking.stitching import END_COST, MIN_TRACK_POSES, Links


def case(seed, count):
    """Random links between tracklets that come one after the other, and the tracklets' evidence."""
    chance = np.random.default_rng(seed)
    pairs = [pair for pair in itertools.combinations(range(count), 2) if chance.random() < 0.7]
    source, target = np.array(pairs, np.int64).reshape(-1, 2).T
    return Links(source, target, chance.normal(2, 6, len(pairs))), chance.uniform(0, 15, count)


def price(links, evidence, following, left_out, end=END_COST):
    """What an answer costs: its paths, its links, less what the tracklets that it explains are worth."""
    cost = {(a, b): c for a, b, c in zip(*(part.tolist() for part in links), strict=True)}
    used = [k for k in range(len(evidence)) if not left_out[k]]
    linked = [(k, int(following[k])) for k in used if following[k] >= 0]
    number = len(used) - len(linked)
    worth = 2 * END_COST * sum(evidence[k] for k in used) / MIN_TRACK_POSES
    return 2 * end * number + sum(cost[pair] for pair in linked) - worth


def answers(links, count):
    """Every choice of links in which no tracklet is linked twice on a side, with every choice of what is left out."""
    pairs = list(zip(links.source.tolist(), links.target.tolist(), strict=True))
    for size in range(count):
        for chosen in itertools.combinations(pairs, size):
            sources, targets = {a for a, _ in chosen}, {b for _, b in chosen}
            if len(sources) < size or len(targets) < size:
                continue
            following = np.array([dict(chosen).get(k, -1) for k in range(count)])
            free = [k for k in range(count) if k not in sources | targets]
            for absent in itertools.chain.from_iterable(itertools.combinations(free, n) for n in range(len(free) + 1)):
                yield following, np.isin(np.arange(count), absent)


@given(st.integers(0, 10_000), st.integers(1, 5))
def test_paths_are_the_cheapest_answer(seed, count):
    links, evidence = case(seed, count)
    following, left_out = stitching.paths(links, evidence)
    assert not (left_out & (following >= 0)).any()
    best = min(price(links, evidence, *answer) for answer in answers(links, count))
    assert price(links, evidence, following, left_out) == pytest.approx(best)


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_what_hangs_together_may_be_matched_apart(seed, count):
    links, evidence = case(seed, count)
    few = np.random.default_rng(seed).random(len(links.cost)) < 1 / count  # so that there are several parts
    links = Links(*(part[few] for part in links))
    whole = stitching.paths(links, evidence)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stitching, "LINKS_AT_ONCE", 1)
        apart = stitching.paths(links, evidence)
    for one, other in zip(whole, apart, strict=True):
        np.testing.assert_array_equal(one, other)


def test_margins_are_what_an_exchange_costs():
    # 0 -> 2 and 1 -> 3 cost 1 and 2; exchanged, 4 and 5. Tracklet 4 has no rival.
    links = Links(np.array([0, 1, 0, 1, 3]), np.array([2, 3, 3, 2, 4]), np.array([1.0, 2, 4, 5, 0]))
    following, _ = stitching.paths(links, np.full(5, 20.0))
    assert following.tolist() == [2, 3, -1, 4, -1]
    margin, partner = stitching.margins(links, following)
    assert margin.tolist() == [6, 6, np.inf, np.inf, np.inf]
    assert partner.tolist() == [1, 0, -1, -1, -1]


def test_the_cheapest_exchange_is_with_the_likeliest_partner():
    # 0 -> 3, 1 -> 4 and 2 -> 5 cost nothing; an exchange of 0 costs 5 with 1 and 3 with 2.
    links = Links(np.array([0, 1, 2, 0, 1, 0, 2]), np.array([3, 4, 5, 4, 3, 5, 3]), np.array([0.0, 0, 0, 2, 3, 1, 2]))
    margin, partner = stitching.margins(links, np.array([3, 4, 5, -1, -1, -1]))
    assert margin[:3].tolist() == [3, 5, 3]
    assert partner[:3].tolist() == [2, 0, 0]


@pytest.mark.parametrize(("cost", "certain"), [(-3.0, True), (0.0, True), (0.1, False), (9.9, False)])
def test_a_link_is_certain_where_no_end_is_nearly_as_cheap(cost, certain):
    """An end and a beginning cost 10 nats, and a sure link at least 2 * 5 nats less."""
    links = Links(np.array([0]), np.array([1]), np.array([cost]))
    assert stitching.certain_links(links, np.array([1, -1])).tolist() == [certain, False]


@pytest.mark.parametrize(("exchanged", "certain"), [(4.9, False), (5.0, True), (30.0, True)])
def test_a_link_is_certain_where_no_exchange_is_nearly_as_cheap(exchanged, certain):
    links = Links(np.array([0, 1, 0, 1]), np.array([2, 3, 3, 2]), np.array([-4.0, -4, exchanged - 8, 0]))
    assert stitching.certain_links(links, np.array([2, 3, -1, -1])).tolist() == [certain, certain, False, False]


def test_what_was_left_out_fills_a_gap_that_it_fits():
    links = Links(np.array([0, 0, 1, 0, 2]), np.array([3, 1, 3, 2, 3]), np.array([2.0, -3, -3, -2, -2]))
    following, left_out = np.array([3, -1, -1, -1]), np.array([False, True, True, False])
    filled, still_out = stitching.reclaim(links, following, left_out, np.ones(4), np.zeros(4))
    assert filled.tolist() == [1, 3, -1, -1]
    assert still_out.tolist() == [False, False, True, False]
    other, _ = stitching.reclaim(links, following, left_out, np.array([1, 0.1, 1, 1]), np.zeros(4))
    assert other.tolist() == [2, -1, 3, -1]
    none, _ = stitching.reclaim(links, following, left_out, np.ones(4), np.array([0, 8.1, 6.1, 0]))
    assert none.tolist() == following.tolist()
