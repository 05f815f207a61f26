"""Kernel gradients of depthwise convolutions in three forms: milliseconds over all layers of EfficientNet-Lite0.

    python benchmarks/kernel_gradients.py --batch 8 --crop 224

plain: XLA's own, as Marey trains on accelerators (on a CPU it has a form of its own); taps: a sum of products for each
tap; stacked: all taps in one reduction. In bfloat16 on accelerators, in float32 on CPUs, as networks train there; sums
are float32, those of XLA as it likes. Differences are from sums in float64, over the largest gradient of a layer.
"""

import argparse
import itertools
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from marey.networks import convolutions
from marey.networks.backbones.efficientnet import LITE0

TURNS = 8  # gradients of each layer in one call of a program


def layers(crop: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the side of the input, channels, kernel and stride of each depthwise convolution."""
    side, width = crop // 2, 32
    for expand, kernel, stride, outputs, blocks in LITE0:
        for block in range(blocks):
            step = 1 if block else stride
            yield side, width * expand, kernel, step
            side, width = -(-side // step), outputs


def plain(x: jax.Array, gradient: jax.Array, kernel: int, stride: int) -> jax.Array:
    """Return f32[kernel, kernel, channel] of x and of the output's gradient, both [B, h, w, channel]."""
    zeros = jnp.zeros((kernel, kernel, 1, x.shape[-1]), x.dtype)
    convolve = partial(convolutions.convolve, x, stride=stride, groups=x.shape[-1])
    return jax.vjp(convolve, zeros)[1](gradient)[0][:, :, 0].astype(jnp.float32)


def taps(x: jax.Array, gradient: jax.Array, kernel: int, stride: int) -> jax.Array:
    """As `plain`."""
    sums = [(part * gradient).sum((0, 1, 2), jnp.float32) for part in _shifted(x, gradient, kernel, stride)]
    return jnp.stack(sums).reshape(kernel, kernel, -1)


def stacked(x: jax.Array, gradient: jax.Array, kernel: int, stride: int) -> jax.Array:
    """As `plain`."""
    parts = jnp.stack(list(_shifted(x, gradient, kernel, stride)))
    return (parts * gradient).sum((1, 2, 3), jnp.float32).reshape(kernel, kernel, -1)


def _shifted(x: jax.Array, gradient: jax.Array, kernel: int, stride: int) -> Iterator[jax.Array]:
    """Yield what each tap sees of x, row by row: as large as the gradient."""
    pads = [convolutions.same_padding(side, kernel, stride) for side in x.shape[1:3]]
    x = jnp.pad(x, ((0, 0), *pads, (0, 0)))
    height, width = gradient.shape[1:3]
    for row in range(kernel):
        for column in range(kernel):
            end = row + (height - 1) * stride + 1, column + (width - 1) * stride + 1
            yield x[:, row : end[0] : stride, column : end[1] : stride].astype(jnp.float32)


FORMS = (plain, taps, stacked)


def milliseconds(
    form: Callable, x: jax.Array, gradients: jax.Array, kernel: int, stride: int
) -> tuple[float, np.ndarray]:
    """Return those of one gradient, and the first of the `gradients` [turn, B, h, w, channel]."""
    run = jax.jit(lambda x, gradients: jax.lax.map(lambda each: form(x, each, kernel, stride), gradients))
    first = np.asarray(run(x, gradients))[0]
    began = time.perf_counter()
    jax.block_until_ready([run(x, gradients) for _ in range(3)])
    return 1000 * (time.perf_counter() - began) / (3 * len(gradients)), first


def compare(batch: int, crop: int, most: int | None = None) -> None:
    """Print a row for each form; `batch` images, whose sides are `crop` px, and `most` layers."""
    dtype = jnp.float32 if jax.default_backend() == "cpu" else jnp.bfloat16
    generator, spent, differences = np.random.default_rng(0), Counter(), Counter()
    counted = Counter(itertools.islice(layers(crop), most))
    for (side, channels, kernel, stride), count in counted.items():
        small = -(-side // stride)
        x = jnp.asarray(generator.normal(size=(batch, side, side, channels)), dtype)
        gradients = jnp.asarray(generator.normal(size=(TURNS, batch, small, small, channels)), dtype)
        exact = None
        for form in FORMS:
            each, found = milliseconds(form, x, gradients, kernel, stride)
            spent[form.__name__] += count * each
            exact = _exact(x, gradients[0], kernel, stride) if exact is None else exact
            difference = np.abs(found - exact).max() / np.abs(exact).max()
            differences[form.__name__] = max(differences[form.__name__], difference)
    print("| form | computed in | layers | ms for all of them | largest difference |\n|---|---|---|---|---|")
    for name, each in spent.items():
        print(f"| {name} | {dtype.__name__} | {counted.total()} | {each:.2f} | {differences[name]:.1e} |", flush=True)


def _exact(x: jax.Array, gradient: jax.Array, kernel: int, stride: int) -> np.ndarray:
    """Sum in float64, by numpy."""
    gradient = np.asarray(gradient, np.float64)
    parts = [np.asarray(part, np.float64) for part in _shifted(x, gradient, kernel, stride)]
    sums = [np.einsum("bhwc,bhwc->c", part, gradient) for part in parts]
    return np.stack(sums).reshape(kernel, kernel, -1)


def main() -> None:
    """Name the machine and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--crop", type=int, default=224)
    parser.add_argument("--layers", type=int, help="only so many, from the image on")
    options = parser.parse_args()
    device = jax.devices()[0]
    print(f"machine: {device.device_kind} ({device.platform}), {platform.machine()}, {os.cpu_count()} cores")
    compare(options.batch, options.crop, options.layers)


if __name__ == "__main__":
    main()
