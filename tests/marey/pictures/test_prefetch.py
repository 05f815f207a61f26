"""Batches made ahead of their use."""

import itertools
import threading

import pytest

from marey.pictures.prefetch import ahead


def test_everything_comes_in_order():
    assert list(ahead(iter([3, 1, 2]))) == [3, 1, 2]
    assert list(ahead(iter([]))) == []
    assert list(itertools.islice(ahead(2 * n for n in itertools.count()), 4)) == [0, 2, 4, 6]


def test_the_next_one_is_made_in_another_thread_while_one_is_used():
    made = [threading.Event() for _ in range(3)]

    def batches():
        for event in made:
            event.set()
            yield threading.get_ident()

    for index, thread in enumerate(ahead(batches())):
        assert thread != threading.get_ident()
        assert made[min(index + 1, 2)].wait(10)


def test_a_failure_comes_in_its_turn():
    def batches():
        yield 1
        raise ValueError("damaged")

    stream = ahead(batches())
    assert next(stream) == 1
    with pytest.raises(ValueError, match="damaged"):
        next(stream)
