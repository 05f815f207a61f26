"""The order in which examples train: endless seeded batches, the same after an interruption."""

from collections.abc import Iterator

import numpy as np


def draw_batches(count: int, size: int, *, seed: int, start: int = 0) -> Iterator[np.ndarray]:
    """Draw endless batches of indices: one seeded permutation after another, without a break.

    Args:
        count: number of examples.
        size: examples of a batch.
        seed: seed of the permutations of range(count).
        start: batches to leave out: a training that goes on draws what it would have drawn.

    Returns:
        An iterator over i64[size].
    """
    generator = np.random.default_rng(seed)
    skip = start * size
    for _ in range(skip // count):
        generator.permutation(count)
    queue = generator.permutation(count)[skip % count :]
    while True:
        while len(queue) < size:
            queue = np.concatenate([queue, generator.permutation(count)])
        yield queue[:size]
        queue = queue[size:]


def draw_balanced(looks: np.ndarray, size: int, *, seed: int, start: int = 0) -> Iterator[np.ndarray]:
    """Draw endless batches of examples, each look as often as any other; examples of one look take turns.

    Without near-copies these are those of `draw_batches`.

    Args:
        looks: i64[example], the look of each (see `looks.near_copies`).
        size: examples of a batch.
        seed: see `draw_batches`.
        start: see `draw_batches`.

    Returns:
        An iterator over i64[size], indices into `looks`.
    """
    members = [np.flatnonzero(looks == look) for look in np.unique(looks)]
    for number, batch in enumerate(draw_batches(len(members), size, seed=seed, start=start), start):
        turns = (number * size + np.arange(size)) // len(members)  # every pass draws each look once
        yield np.array([members[each][turn % len(members[each])] for each, turn in zip(batch, turns, strict=True)])


def draw_mixed(
    looks: np.ndarray, replayed: int, size: int, *, share: float, seed: int, start: int = 0
) -> Iterator[np.ndarray]:
    """Draw endless batches of which a share is shown again, at least one example of each kind.

    Args:
        looks: i64[example], as in `draw_balanced`, of the new examples.
        replayed: how many are shown again; their indices follow those of the new ones.
        size: examples of a batch, at least 2.
        share: of a batch that is shown again.
        seed: see `draw_batches`.
        start: see `draw_batches`.

    Returns:
        An iterator over i64[size].
    """
    again = min(max(round(share * size), 1), size - 1)
    new = draw_balanced(looks, size - again, seed=seed, start=start)
    old = draw_batches(replayed, again, seed=seed, start=start)
    for one, other in zip(new, old, strict=False):  # both are endless
        yield np.concatenate([one, len(looks) + other])
