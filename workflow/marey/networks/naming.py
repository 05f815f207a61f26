"""How weights files name the tensors of a family of backbones.

A layer's path in the parameter tree, such as ("stage1", "block0", "conv1"), stands for a convolution and mostly the
batch norm behind it.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from marey.networks import registry, weights

LayerPath = tuple[str, ...]
# Names of a layer's convolution and of its batch norm, if it has one.
TensorNames = dict[LayerPath, tuple[str, str | None]]


class Naming(NamedTuple):
    """Describe how weights files name the tensors of a family.

    Attributes:
        names: maps layers to the names of their convolutions and batch norms.
        head: prefixes of the classifier's tensors, which are left out.
        epsilon: of the batch norms.
        origin: whose files they are.
        package: says where an installed package keeps the weights of this backbone; None: they come from a file alone.
    """

    names: Callable[[set[LayerPath]], TensorNames]
    head: tuple[str, ...]
    epsilon: float
    origin: str
    package: Callable[[], str] | None = None


def has_weights(backbone: str) -> bool:
    """Tell whether there are weights for the family of a backbone.

    It checks the config, so nothing heavy is imported.
    """
    return find_spec(f"{weights.__name__}.{registry.family(backbone)}") is not None


def load_naming(backbone: str) -> Naming | None:
    """Load the naming of a backbone; None where no weights fit it."""
    if not has_weights(backbone):
        return None
    return import_module(f"{weights.__name__}.{registry.family(backbone)}").NAMINGS.get(backbone)


def has_package_weights(backbone: str) -> bool:
    """Tell whether a package of the environment brings pretrained weights of a backbone."""
    found = load_naming(backbone)
    return found is not None and found.package is not None


def number_blocks(layers: set[LayerPath]) -> dict[LayerPath, int]:
    """Number the blocks, counted through all stages; at most ten stages and ten blocks in each."""
    blocks = sorted({layer[:2] for layer in layers if len(layer) > 2})
    return {block: number for number, block in enumerate(blocks)}
