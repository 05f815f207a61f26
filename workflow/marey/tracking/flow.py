"""Flows: the cheapest way of a few units through a graph without cycles.

Units are sent one after the other, each by the way that is cheapest given the former ones, which it may turn aside
(successive shortest paths; Ahuja, Magnanti & Orlin 1993). That is exact, and takes as long as so many runs of
Dijkstra: animals are few, where tracklets may be a hundred thousand.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

MIN_SAVING = 1e-9  # a unit that saves no more is not sent


class Arcs(NamedTuple):
    """Arcs of a graph, each from a node `tail` i64[e] to one of a higher number, `head` i64[e].

    `cost` f64[e] of each unit, and whether it takes any number of them, `wide` bool[e], or one. No two arcs join the
    same nodes.
    """

    tail: np.ndarray
    head: np.ndarray
    cost: np.ndarray
    wide: np.ndarray


def cheapest_flow(arcs: Arcs, *, nodes: int, units: int) -> np.ndarray:
    """Find the cheapest flow of up to `units` from node 0 to the last of `nodes`: the units on each arc, i64[e].

    Every node can be reached from node 0. A unit that saves nothing is not sent.
    """
    flow, potential = np.zeros(len(arcs.tail), np.int64), _least_costs(arcs, nodes)
    key = arcs.tail * nodes + arcs.head
    order = np.argsort(key)
    for _ in range(units):
        further, before = _cheapest_ways(arcs, flow, potential)
        potential += further
        if before[-1] < 0 or potential[-1] > -MIN_SAVING:
            break
        way = _way(before)
        low, high = np.minimum(way[:-1], way[1:]), np.maximum(way[:-1], way[1:])
        taken = order[np.searchsorted(key, low * nodes + high, sorter=order)]
        flow[taken] += np.where(way[:-1] < way[1:], 1, -1)
    return flow


def _least_costs(arcs: Arcs, nodes: int) -> np.ndarray:
    """Compute what the cheapest way to each node costs, f64[nodes], where nothing flows yet."""
    order = np.argsort(arcs.head, kind="stable")
    tail, cost = arcs.tail[order], arcs.cost[order]
    edges = np.searchsorted(arcs.head[order], np.arange(nodes + 1)).tolist()
    least = np.zeros(nodes)
    for node in range(1, nodes):
        into = slice(edges[node], edges[node + 1])
        least[node] = (least[tail[into]] + cost[into]).min()
    return least


def _cheapest_ways(arcs: Arcs, flow: np.ndarray, potential: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the cheapest way to each node given what flows: how much it costs above `potential`, and the node before.

    f64[nodes] and i64[nodes]; a node that cannot be reached counts as far as the furthest.
    """
    ahead, back = np.flatnonzero(arcs.wide | (flow == 0)), np.flatnonzero(flow > 0)
    tail = np.append(arcs.tail[ahead], arcs.head[back])
    head = np.append(arcs.head[ahead], arcs.tail[back])
    cost = np.append(arcs.cost[ahead], -arcs.cost[back]) + potential[tail] - potential[head]
    graph = csr_array((np.maximum(cost, 0), (tail, head)), shape=(len(potential),) * 2)  # below 0 by rounding alone
    further, before = dijkstra(graph, indices=0, return_predecessors=True)
    return np.minimum(further, further[np.isfinite(further)].max()), before


def _way(before: np.ndarray) -> np.ndarray:
    """Follow the nodes `before` each from the last to node 0: i64[n], in the order of the way."""
    way = [len(before) - 1]
    while way[-1] > 0:
        way.append(int(before[way[-1]]))
    return np.array(way[::-1])
