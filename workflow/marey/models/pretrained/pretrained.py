"""Pretrained weights of trunks, from PyTorch's and safetensors files, without PyTorch.

Batch norms are folded into the convolutions before them. Every tensor of a file is accounted for.
"""

from pathlib import Path

import jax
import numpy as np
import safetensors
import safetensors.numpy
from flax.traverse_util import flatten_dict, unflatten_dict

from marey.models.pretrained.torch_files import WeightsError, read_torch_pickle
from marey.networks.naming import Naming, load_naming
from marey.networks.registry import load_backbone

BATCH_NORM_PARTS = ("weight", "bias", "running_mean", "running_var")
BATCH_COUNTER = ".num_batches_tracked"
MAX_NAMED_TENSORS = 5  # surplus tensors that a message names

Report = dict[str, list[str]]


def pretrained(backbone: str, path: Path | None = None) -> tuple[dict, Report]:
    """Read the weights of a trunk, from the file `path` or else its package's: (tree of f32 arrays, report).

    The report names every tensor of the file: `used`, `head` (the classifier, left out) and `counters` (batches that
    each batch norm saw). Raises WeightsError on a missing, surplus or wrongly shaped tensor, and on NaN or infinity.
    """
    found = load_naming(backbone)
    if found is None:
        raise WeightsError(
            f"{path or 'model.weights'}: no weights fit the backbone '{backbone}'; it learns from nothing"
        )
    if path is None and found.package is None:
        raise WeightsError(f"no package brings weights of the backbone '{backbone}'; name a file of {found.origin}'s")
    path = Path(path or found.package())
    return import_tensors(read_tensors(path), backbone, path)


def brings_weights(backbone: str) -> bool:
    """Tell whether a package of the environment brings pretrained weights of a backbone."""
    found = load_naming(backbone)
    return found is not None and found.package is not None


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """Read the tensors of a weights file by name: `.safetensors`, or else PyTorch's; no code from the file runs."""
    if path.suffix != ".safetensors":
        return read_torch_pickle(path)
    try:
        return safetensors.numpy.load_file(path)
    except (safetensors.SafetensorError, OSError) as error:
        raise WeightsError(f"{path}: not a whole safetensors file ({error}); get the file again") from error


def import_tensors(tensors: dict[str, np.ndarray], backbone: str, path: Path) -> tuple[dict, Report]:
    """Make a trunk's parameters of the tensors of the file `path`; returns and raises what `pretrained` does."""
    names = load_naming(backbone)
    image = jax.ShapeDtypeStruct((1, 32, 32, 3), np.float32)
    shapes = flatten_dict(jax.eval_shape(load_backbone(backbone)().init, jax.random.key(0), image)["params"])
    params, used = {}, []

    def take(name: str, shape: tuple[int, ...]) -> np.ndarray:
        used.append(name)
        return _expect(tensors, name, shape, f"{path}: tensor '{name}'", f"{names.origin}'s {backbone}")

    for layer, (convolution, norm) in names.names({path[:-1] for path in shapes}).items():
        rows, columns, inputs, outputs = shapes[*layer, "kernel"].shape
        kernel = take(f"{convolution}.weight", (outputs, inputs, rows, columns)).transpose(2, 3, 1, 0)
        if norm:
            gain, bias, mean, variance = (take(f"{norm}.{part}", (outputs,)) for part in BATCH_NORM_PARTS)
            with np.errstate(invalid="ignore"):  # what comes of it is checked below
                gain = gain / np.sqrt(variance + names.epsilon)
            kernel, bias = kernel * gain, bias - mean * gain
        else:
            bias = take(f"{convolution}.bias", (outputs,))
        if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
            raise WeightsError(f"{path}: tensors of '{convolution}' are no finite numbers; get the file again")
        params[*layer, "kernel"], params[*layer, "bias"] = np.ascontiguousarray(kernel), bias
    return unflatten_dict(params), _report(tensors, used, names, f"{path}: {backbone}")


def _expect(tensors: dict[str, np.ndarray], name: str, shape: tuple[int, ...], where: str, whose: str) -> np.ndarray:
    advice = f"give a file of {whose}, whole and unchanged"
    if name not in tensors:
        raise WeightsError(f"{where} of shape {shape} is missing; {advice}")
    if tensors[name].shape != shape:
        raise WeightsError(f"{where} has shape {tensors[name].shape}, the network expects {shape}; {advice}")
    return tensors[name].astype(np.float32)


def _report(tensors: dict[str, np.ndarray], used: list[str], names: Naming, where: str) -> Report:
    head = [name for name in tensors if name.startswith(names.head)]
    counters = [name for name in tensors if name.endswith(BATCH_COUNTER) and name not in head]
    surplus = sorted(set(tensors) - {*used, *head, *counters})
    if surplus:
        more = f" and {len(surplus) - MAX_NAMED_TENSORS} more" if len(surplus) > MAX_NAMED_TENSORS else ""
        shown = ", ".join(surplus[:MAX_NAMED_TENSORS])
        raise WeightsError(f"{where} has no place for the tensors {shown}{more}; is the file of another network?")
    return {"used": used, "head": head, "counters": counters}
