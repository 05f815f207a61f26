"""Feeding: where the steps of a training find their examples.

On a CPU the host makes each batch. An accelerator would wait for that, and for the host at each step: where its memory
has room, all examples lie there, and one call takes several steps, of batches that are gathered on the device.
"""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from tqdm import tqdm

from marey.pictures import prefetch
from marey.training.examples import Examples
from marey.training.program import Program

RESIDENT_PART = 0.25  # of a device's memory that the examples may take; weights, batches and programs have the rest
STEPS_PER_CALL = 10  # at most: a kill, a validation and the progress bar wait for so many


class FromHost:
    """Feed a program with batches that the host makes, one a call. `most_steps` of a call; `data`: see `Program`."""

    most_steps, data = 1, None

    def __init__(self, examples: Examples, program: Program):
        self.examples, self._program = examples, program

    def chosen(self, orders: Sequence[np.ndarray]) -> dict:
        """Return what a program takes as `chosen` for the batches of examples `orders`, i64[example] each."""
        batches = [self.examples.batch(order) for order in orders]
        stacked = {name: np.stack([batch[name] for batch in batches]) for name in batches[0]}
        return self._program.spread(stacked, None, "example")


class OnDevice:
    """Feed a program with rows of the examples, all of which lie in the memory of each device."""

    most_steps = STEPS_PER_CALL

    def __init__(self, examples: Examples, program: Program, rows: np.ndarray):
        """Copy the examples `rows` i64[n]; no others are drawn, but there is a row for each.

        So the models of all folds have one program, whichever frames train them.
        """
        self.examples, self._program = examples, program
        images = program.spread(jnp.zeros((len(examples), *examples.shape), jnp.uint8))
        each = ((row, examples.image(row)) for row in rows.tolist())
        for row, image in tqdm(prefetch.ahead(each), total=len(rows), desc="examples to the device", unit="image"):
            images = _with_row(images, image, row)
        self.data = {"images": images, **program.spread(examples.labels)}

    def chosen(self, orders: Sequence[np.ndarray]) -> jax.Array:
        """Return the rows i32[step, example], as `FromHost.chosen`."""
        return self._program.spread(np.stack(orders).astype(np.int32), None, "example")


def choose_feed(examples: Examples, program: Program, rows: np.ndarray) -> FromHost | OnDevice:
    """Feed a program from the device's memory if the examples fit in there, else from the host; `rows` are drawn."""
    room = RESIDENT_PART * _memory(program.mesh.devices.flat[0])
    size = len(examples) * np.prod(examples.shape, dtype=float)
    return OnDevice(examples, program, rows) if size <= room else FromHost(examples, program)


def _memory(device: jax.Device) -> int:
    """Return the memory of an accelerator, bytes; 0 where there is none of its own, or it is not known."""
    return (device.memory_stats() or {}).get("bytes_limit", 0)


@partial(jax.jit, donate_argnums=0)
def _with_row(images: jax.Array, image: jax.Array, row: int) -> jax.Array:
    return images.at[row].set(image)
