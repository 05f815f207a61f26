"""Flows, against every possible answer and against a linear program."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from marey.tracking.flow import Arcs, cheapest_flow


def graph(seed: int, nodes: int) -> Arcs:
    """Random arcs from lower to higher nodes, of which each node but 0 has one at least."""
    chance = np.random.default_rng(seed)
    pairs = [pair for pair in itertools.combinations(range(nodes), 2) if chance.random() < 0.5]
    pairs += [(int(chance.integers(head)), head) for head in range(1, nodes)]
    tail, head = np.unique(np.array(pairs), axis=0).T
    order = chance.permutation(len(tail))
    return Arcs(tail[order], head[order], chance.normal(0, 3, len(tail)), chance.random(len(tail)) < 0.3)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(2, 9), st.integers(1, 4))
def test_a_flow_is_as_cheap_as_the_linear_program_says(seed, nodes, units):
    arcs = graph(seed, nodes)
    flow = cheapest_flow(arcs, nodes=nodes, units=units)
    balance = np.zeros((nodes, len(flow)))
    balance[arcs.tail, np.arange(len(flow))] -= 1
    balance[arcs.head, np.arange(len(flow))] += 1
    assert (flow >= 0).all()
    assert (flow[~arcs.wide] <= 1).all()
    np.testing.assert_array_equal((balance @ flow)[1:-1], 0)
    assert (balance @ flow)[-1] <= units
    bounds = [(0, None if wide else 1) for wide in arcs.wide]
    best = linprog(
        arcs.cost, A_ub=balance[-1:], b_ub=[units], A_eq=balance[1:-1], b_eq=np.zeros(max(nodes - 2, 0)), bounds=bounds
    )
    assert arcs.cost @ flow == pytest.approx(best.fun, abs=1e-6)


def test_a_later_unit_turns_an_earlier_one_aside():
    # The cheapest way is 0 -> 1 -> 2 -> 3; two units have to go by 0 -> 1 -> 3 and 0 -> 2 -> 3.
    cost = np.array([-3, -2.5, -1, -2.5, -3])
    arcs = Arcs(np.array([0, 0, 1, 1, 2]), np.array([1, 2, 2, 3, 3]), cost, np.zeros(5, bool))
    assert cheapest_flow(arcs, nodes=4, units=1).tolist() == [1, 0, 1, 0, 1]
    assert cheapest_flow(arcs, nodes=4, units=2).tolist() == [1, 1, 0, 1, 1]
    assert cheapest_flow(arcs, nodes=4, units=9).tolist() == [1, 1, 0, 1, 1]


def test_a_full_way_ends_it():
    arcs = Arcs(np.array([0]), np.array([1]), np.array([-5.0]), np.array([False]))
    assert cheapest_flow(arcs, nodes=2, units=3).tolist() == [1]


def test_no_unit_is_sent_for_nothing():
    arcs = Arcs(np.array([0]), np.array([1]), np.array([0.0]), np.array([True]))
    assert cheapest_flow(arcs, nodes=2, units=3).tolist() == [0]
