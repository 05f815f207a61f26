"""The order of examples: each look as often as the others, the same after an interruption."""

import itertools
from collections import Counter

import numpy as np
import pytest

from marey.training import orders


@pytest.mark.parametrize(("count", "size"), [(5, 2), (3, 8), (4, 4)])
def test_batches_use_every_frame_equally_often(count, size):
    drawn = list(itertools.islice(orders.draw_batches(count, size, seed=1), count))
    assert all(len(batch) == size for batch in drawn)
    assert np.bincount(np.concatenate(drawn)).tolist() == [size] * count
    again = list(itertools.islice(orders.draw_batches(count, size, seed=1), count))
    other = list(itertools.islice(orders.draw_batches(count, size, seed=2), count))
    np.testing.assert_array_equal(drawn, again)
    assert not np.array_equal(drawn, other)


LOOKS = np.array([0, 0, 2, 0, 4, 4, 6])  # three of one look, two of another, two alone


@pytest.mark.parametrize("start", [0, 1, 2, 3, 7, 20])
@pytest.mark.parametrize("size", [1, 3, 4, 8])
def test_a_later_start_draws_what_would_have_been_drawn(size, start):
    for draw in (lambda **how: orders.draw_batches(5, size, **how), lambda **how: balanced(size, **how)):
        whole = list(itertools.islice(draw(seed=1), start + 5))
        np.testing.assert_array_equal(whole[start:], list(itertools.islice(draw(seed=1, start=start), 5)))


def balanced(size, **how):
    return orders.draw_balanced(LOOKS, size, **how)


@pytest.mark.parametrize("size", [1, 3, 4, 8])
def test_looks_are_drawn_equally_often_and_their_members_in_turn(size):
    stream = np.concatenate(list(itertools.islice(balanced(size, seed=2), 24)))
    passes = len(stream) // 4
    count = Counter(stream[: 4 * passes].tolist())
    for members in ([0, 1, 3], [2], [4, 5], [6]):  # by hand
        drawn = [count[each] for each in members]
        assert sum(drawn) == passes
        assert max(drawn) - min(drawn) <= 1
    assert [sorted(LOOKS[stream[at : at + 4]]) for at in range(0, 4 * passes, 4)] == [[0, 2, 4, 6]] * passes


def test_without_near_copies_nothing_changes():
    plain, same = orders.draw_batches(7, 3, seed=5), orders.draw_balanced(np.arange(7), 3, seed=5)
    np.testing.assert_array_equal(list(itertools.islice(plain, 20)), list(itertools.islice(same, 20)))


@pytest.mark.parametrize(("share", "again"), [(0.25, 2), (0.01, 1), (0.9, 7), (0.99, 7)])
def test_each_batch_has_its_share_of_what_is_shown_again(share, again):
    drawn = list(itertools.islice(orders.draw_mixed(LOOKS, 5, 8, share=share, seed=1), 40))
    assert all((batch >= 7).sum() == again and len(batch) == 8 for batch in drawn)
    assert set(np.concatenate(drawn)) == set(range(12))
    later = list(itertools.islice(orders.draw_mixed(LOOKS, 5, 8, share=share, seed=1, start=3), 5))
    np.testing.assert_array_equal(later, drawn[3:8])
