"""Tracks of a known number of animals, against every possible answer of small cases and against cases made by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marey.tracking import numbered, tracklets
from marey.tracking.instances import Instances
from marey.tracking.stitching import END_COST, POSE_WORTH, Links

from .walks import outlined


def pieces(*spans: tuple[int, int]):
    """Tracklets that last from the first to the last frame of each span, with poses far apart, and their outline."""
    rows = sorted((frame, number) for number, span in enumerate(spans) for frame in range(span[0], span[1] + 1))
    frame, owner = np.array(rows).T
    points = (np.array([[0, 0], [0, 9]]) + 1000.0 * owner[:, None, None]).astype(np.float32)
    made = tracklets.Tracklets(np.argsort(owner, kind="stable"), np.append(0, np.cumsum(np.bincount(owner))))
    return outlined(Instances(frame, points)), made


def case(seed: int, count: int):
    """Random tracklets in order of their first frames, the links that their frames allow, and their evidence."""
    chance = np.random.default_rng(seed)
    begin = np.sort(chance.integers(0, 12, count))
    end = begin + chance.integers(0, 5, count)
    pairs = [(a, b) for a, b in itertools.permutations(range(count), 2) if end[a] < begin[b] and chance.random() < 0.7]
    source, target = np.array(pairs, np.int64).reshape(-1, 2).T
    return Links(source, target, chance.normal(4, 6, len(pairs))), chance.uniform(0, 25, count), begin, end


def price(links, evidence, following, left_out):
    """Nats of an answer: what it leaves out, its links, and the ends of its paths."""
    cost = {(a, b): c for a, b, c in zip(*(part.tolist() for part in links), strict=True)}
    used = np.flatnonzero(~left_out)
    linked = [(k, int(following[k])) for k in used if following[k] >= 0]
    paths = len(used) - len(linked)
    return 2 * END_COST * paths + sum(cost[pair] for pair in linked) - POSE_WORTH * evidence[used].sum()


def at_once(begin, end, used, following):
    """The greatest number of animals in a frame: of tracklets, and of links on the way from one to the next."""
    spans = [(begin[k], begin[following[k]] - 1 if following[k] >= 0 else end[k]) for k in np.flatnonzero(used)]
    return max((sum(low <= frame <= high for low, high in spans) for frame in range(20)), default=0)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 3))
def test_paths_are_the_cheapest_of_which_no_frame_has_too_many(seed, count, animals):
    links, evidence, begin, end = case(seed, count)
    following, left_out = numbered.paths_within(animals, links, evidence, begin, end)
    assert at_once(begin, end, ~left_out, following) <= animals
    best = 0.0
    for used in itertools.product((False, True), repeat=count):
        for chosen in itertools.product((False, True), repeat=len(links.cost)):
            a, b = links.source[list(chosen)], links.target[list(chosen)]
            if len({*a}) < len(a) or len({*b}) < len(b) or not np.array(used)[np.append(a, b)].all():
                continue
            onwards = np.full(count, -1)
            onwards[a] = b
            if at_once(begin, end, np.array(used), onwards) <= animals:
                best = min(best, price(links, evidence, onwards, ~np.array(used)))
    assert price(links, evidence, following, left_out) == pytest.approx(best)


@pytest.mark.parametrize("animals", [2, 3])
def test_paths_that_interleave_are_all_kept(animals):
    """Three stretches, of which two are there at any time, and nothing that says how they go on."""
    nothing = Links(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    begin, end = np.array([0, 40, 60]), np.array([50, 90, 99])
    _, left_out = numbered.paths_within(animals, nothing, np.full(3, 30.0), begin, end)
    assert not left_out.any()


def test_a_tracklet_of_too_many_costs_what_it_is_worth():
    nothing = Links(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    begin, end = np.array([0, 10, 20]), np.array([99, 60, 90])
    _, left_out = numbered.paths_within(2, nothing, np.array([100.0, 51, 71]), begin, end)
    assert left_out.tolist() == [False, True, False]
    _, left_out = numbered.paths_within(2, nothing, np.array([100.0, 71, 51]), begin, end)
    assert left_out.tolist() == [False, False, True]


def test_names_go_by_the_likeliest_way_back_and_there_are_no_more_than_animals():
    # Two are there, then one is, then two again; the costs say that they were exchanged while they were away.
    links = Links(np.array([0, 0, 1, 1]), np.array([2, 3, 2, 3]), np.array([30.0, 1, 1, 30]))
    assert numbered.names_within(2, links, 4).tolist() == [3, 2, -1, -1]
    every = Links(*np.array([(a, b, 50) for a, b in itertools.combinations(range(5), 2)]).T)
    every = Links(every.source.astype(np.int64), every.target.astype(np.int64), every.cost.astype(float))
    assert numbered.names_within(1, every, 5).tolist() == [1, 2, 3, 4, -1]


def test_tracklets_are_cut_where_frames_are_too_full():
    poses, made = pieces((0, 50), (40, 90), (0, 90))
    cut = numbered.cut_where_full(poses, made, 2)
    found = sorted(zip(poses.frame[cut.first].tolist(), poses.frame[cut.last].tolist(), strict=True))
    assert found == [(0, 39), (0, 39), (40, 50), (40, 50), (40, 50), (51, 90), (51, 90)]
    assert sorted(cut.members) == sorted(made.members)
    assert len(numbered.cut_where_full(poses, made, 3)) == 3


def test_a_tracklet_that_is_nowhere_else_cuts_nothing():
    poses, made = pieces((0, 50), (0, 50), (20, 21))
    assert len(numbered.cut_where_full(poses, made, 2)) == 3


def test_false_tracklets_are_counted_in_frames_that_show_every_animal():
    begin, end = np.array([0, 0, 10, 20, 70]), np.array([49, 99, 11, 20, 70])
    assert numbered.false_rate(begin, end, 2) == pytest.approx(3 / 52)  # 2 in the 50 frames and the 1 that show both
    assert numbered.false_rate(begin, end, 5) == 1
