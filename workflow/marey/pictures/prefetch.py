"""Batches that are made ready in another thread while the ones before them are used."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor


def ahead(batches: Iterator) -> Iterator:
    """Yield the `batches`, none of them None, in order; the next one is made in another thread meanwhile.

    What fails there is raised here, in its turn.
    """
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch
