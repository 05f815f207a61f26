"""Seconds of a training step on the CPU, beside plain XLA convolutions and PyTorch; seconds of a first step.

    python benchmarks/train_speed.py --repeats 10

A step is forward, backward and AdamW of the pose network (EfficientNet-Lite0, batch 8 at 320 x 256), without
augmentation; the loss is the mean square of the heads. All forms take turns in one process. PyTorch (channels last)
takes part where it is installed: `pip install -e '.[bench]'`.
"""

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from marey.experiment import config as configuration
from marey.networks.backbones.efficientnet import LITE0
from marey.networks.network import build_network
from marey.training.augment import augment
from marey.training.initialise import initialise
from marey.training.update import learning_rates

KEYPOINTS, CHANNELS = 4, 64
EFFICIENTNET = "efficientnet_lite0"  # which PyTorch takes turns with
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}


def defaults() -> dict:
    """A config with the schema's defaults."""
    return configuration.with_defaults({"project": "made", "data": ".", "videos": "."}, configuration.schema("config"))


def marey_step(options: argparse.Namespace, *, frozen: int = 0, plain: bool = False):
    """A function of no argument that takes one training step and waits for it."""
    block = defaults()["model"] | {"backbone": options.backbone, "stride": 4, "channels": CHANNELS}
    network = build_network(block, KEYPOINTS, plain=plain, frozen_stages=frozen)
    params = initialise(jax.random.key(0), network)
    rates = learning_rates(params, frozen=frozen, decay=1.0)
    names = jax.tree.map(lambda rate: "trained" if rate else "frozen", rates)
    optimiser = optax.partition({"trained": optax.adamw(1e-4), "frozen": optax.set_to_zero()}, names)
    images = jnp.asarray(np.random.default_rng(0).random((options.batch, *options.size, 3), np.float32))

    def loss(params):
        return sum(jnp.mean(output**2) for output in network.apply(params, images).values())

    @partial(jax.jit, donate_argnums=(0, 1))
    def update(params, state):
        updates, state = optimiser.update(jax.grad(loss)(params), state, params)
        return optax.apply_updates(params, updates), state

    held = [params, optimiser.init(params)]

    def step():
        held[:] = jax.block_until_ready(update(*held))

    return step


def torch_step(options: argparse.Namespace):
    """As `marey_step`, of the same network in PyTorch; it pads evenly at stride 2, which spares it a copy."""
    import torch
    from torch import nn

    def conv(inputs, outputs, kernel=1, stride=1, groups=1):
        return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups)

    class Block(nn.Module):
        def __init__(self, inputs, expand, kernel, stride, outputs):
            super().__init__()
            wide = inputs * expand
            layers = [conv(inputs, wide), nn.ReLU6(True)] if expand > 1 else []
            layers += [conv(wide, wide, kernel, stride, wide), nn.ReLU6(True), conv(wide, outputs)]
            self.layers, self.same = nn.Sequential(*layers), inputs == outputs and stride == 1

        def forward(self, x):
            return x + self.layers(x) if self.same else self.layers(x)

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            stages, width = [], 32
            for index, (expand, kernel, stride, outputs, repeat) in enumerate(LITE0):
                blocks = [] if index else [conv(3, 32, 3, 2), nn.ReLU6(True)]
                for number in range(repeat):
                    blocks.append(Block(width, expand, kernel, 1 if number else stride, outputs))
                    width = outputs
                stages.append(nn.Sequential(*blocks))
            self.stages = nn.ModuleList(stages)
            self.laterals = nn.ModuleList(conv(LITE0[index][3], CHANNELS) for index in (1, 2, 4, 6))
            self.smooth = nn.Sequential(
                conv(CHANNELS, CHANNELS, 5, groups=CHANNELS), conv(CHANNELS, CHANNELS), nn.ReLU(True)
            )
            self.heads = nn.ModuleList(
                nn.Sequential(conv(CHANNELS, CHANNELS // 2), nn.ReLU(True), conv(CHANNELS // 2, outputs))
                for outputs in (KEYPOINTS, 2 * KEYPOINTS)
            )

        def forward(self, images):
            x, features = (255 * images - 127) / 128, []
            for index, stage in enumerate(self.stages):
                x = stage(x)
                if index in (1, 2, 4, 6):
                    features.append(x)
            x = None
            for lateral, feature in reversed(list(zip(self.laterals, features, strict=True))):
                side = lateral(feature)
                x = side if x is None else side + nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = self.smooth(x)
            return [head(x) for head in self.heads]

    network = Network().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), 1e-4)
    images = torch.rand(options.batch, 3, *options.size).to(memory_format=torch.channels_last)

    def step():
        optimiser.zero_grad()
        sum((output**2).mean() for output in network(images)).backward()
        optimiser.step()

    return step


def augmentation(batch: int):
    """A function of no argument that augments one batch of 640 x 480 frames to 256 px crops."""
    config = defaults()["augment"]
    generator = np.random.default_rng(0)
    images = generator.integers(0, 255, (batch, 480, 640, 3)).astype(np.uint8)
    points = generator.uniform(100, 400, (batch, 1, KEYPOINTS, 2)).astype(np.float32)
    sizes = np.full((batch, 2), [640, 480], np.float32)
    run = jax.jit(partial(augment.augment, crop=256, config=config, mirrored=tuple(range(KEYPOINTS))))
    return lambda: jax.block_until_ready(run(jax.random.key(0), images, points, sizes))


def timed(forms: dict) -> dict[str, list[float]]:
    """Seconds of each form's turns; `forms` is name -> (function, turns). The forms alternate.

    Each turn begins with a step that is not timed: after another form's it takes up to twice as long as in a training,
    where step follows step.
    """
    seconds = {name: [] for name in forms}
    for turn in range(max(turns for _, turns in forms.values())):
        for name, (function, turns) in forms.items():
            if turn < turns:
                function()
                began = time.perf_counter()
                function()
                seconds[name].append(time.perf_counter() - began)
    return seconds


def first_step(options: argparse.Namespace) -> None:
    """Print the seconds from the start of `marey_step` to its first result, and the programs compiled."""
    counts = {"compile_requests_use_cache": 0, "cache_hits": 0}

    def count(event: str, **_) -> None:
        name = event.rpartition("/")[2]
        if name in counts:
            counts[name] += 1

    jax.monitoring.register_event_listener(count)
    began = time.perf_counter()
    marey_step(options, frozen=2)()
    print(f"{time.perf_counter() - began:.1f} | {counts['compile_requests_use_cache'] - counts['cache_hits']}")


def main() -> None:
    """Print two tables: seconds a step, and seconds of the first step with an empty and a filled cache."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--plain-repeats", type=int, default=2, help="of plain XLA convolutions; 0 leaves them out")
    parser.add_argument("--backbone", default=EFFICIENTNET)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--size", type=int, nargs=2, default=[320, 256], metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--first-step", action="store_true", help="only one first step, with the cache as it is")
    options = parser.parse_args()
    if options.first_step:
        return first_step(options)
    packages = ["jax", "jaxlib"] + ["torch"] * (importlib.util.find_spec("torch") is not None)
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}")
    forms = {
        "Marey": (marey_step(options), options.repeats),
        "Marey, 2 stages frozen": (marey_step(options, frozen=2), options.repeats),
        "augmentation alone": (augmentation(options.batch), options.repeats),
    }
    if "torch" in packages and options.backbone == EFFICIENTNET:
        forms["PyTorch, channels last"] = (torch_step(options), options.repeats)
    if options.plain_repeats:
        forms["plain XLA convolutions"] = (marey_step(options, plain=True), options.plain_repeats)
    print("| step | median s | least s | turns |\n|---|---|---|---|", flush=True)
    for name, seconds in timed(forms).items():
        print(f"| {name} | {np.median(seconds):.2f} | {min(seconds):.2f} | {len(seconds)} |")
    print("\n| compilation cache | first step s | programs compiled |\n|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        cached = {"JAX_COMPILATION_CACHE_DIR": folder, "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
        for state in ("empty", "filled"):
            command = [sys.executable, __file__, *sys.argv[1:], "--first-step"]
            done = subprocess.run(command, env=os.environ | cached, capture_output=True, text=True, check=True)
            print(f"| {state} | {done.stdout.strip()} |", flush=True)


if __name__ == "__main__":
    if "GLIBC_TUNABLES" not in os.environ:  # read by the C library when a process starts
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | HUGE_PAGES)
    main()
