"""PyTorch's weights files, read without PyTorch and without running what their pickles ask for."""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

import numpy as np

TORCH_MAGIC = 0x1950A86A20F9469CFC6C  # first object of torch's legacy form
TORCH_PROTOCOL = 1001
MAX_AXES = 8  # of a tensor
STORAGE_DTYPES = {
    "DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "LongStorage": "<i8", "IntStorage": "<i4",
    "ShortStorage": "<i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?",
}  # fmt: skip


class WeightsError(ValueError):
    """Say that a weights file is broken, refused, or does not fit the network; names the file and the tensor."""


class _Storage(NamedTuple):
    key: str
    dtype: str
    size: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Unpickler(pickle._Unpickler):
    """Unpickle nothing but dictionaries, numbers, strings and descriptions of tensors.

    In Python: the one in C makes room for as many objects as a pickle says that it remembers, 16 GB if it likes.
    """

    def __init__(self, file, path: Path):
        super().__init__(file)
        self._path = path
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self._tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda tensor, *_: tensor
        if module == "torch" and name in STORAGE_DTYPES:
            return STORAGE_DTYPES[name]
        raise WeightsError(
            f"{self._path}: refused: its pickle asks for {module}.{name}, which plain weights do not need"
        )

    def _tensor(self, storage: _Storage, offset: int, shape: tuple, strides: tuple, *_) -> _Tensor:
        if len(shape) > MAX_AXES or len(strides) != len(shape):
            raise WeightsError(f"{self._path}: refused: a tensor of {len(shape)} axes")
        return _Tensor(storage, offset, tuple(shape), tuple(strides))

    def persistent_load(self, pid: tuple) -> _Storage:
        kind, dtype, key, _, size, *view = pid
        if kind != "storage" or dtype not in STORAGE_DTYPES.values() or any(item is not None for item in view):
            raise WeightsError(f"{self._path}: refused: unknown kind of storage {pid!r}")
        self.storages[key] = _Storage(key, dtype, size)
        return self.storages[key]


def read_torch_pickle(path: str | Path) -> dict[str, np.ndarray]:
    """Read the tensors of a PyTorch state dict (`.pth`, legacy or zip, little endian), by name, in the file's order.

    The arrays are read-only views of what is stored, and take no more memory than the file, whatever it says of them.
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
        if f"{root}byteorder" in names and _read_members(archive, [f"{root}byteorder"], path) != [b"little"]:
            raise WeightsError(f"{path}: written on a big-endian machine; save it again on a little-endian one")
        (text,) = _read_members(archive, [f"{root}data.pkl"], path)
        reader = _Unpickler(io.BytesIO(text), path)
        tensors = reader.load()
        stored = [key for key in reader.storages if f"{root}data/{key}" in names]
        return tensors, dict(
            zip(stored, _read_members(archive, [f"{root}data/{key}" for key in stored], path), strict=True)
        )


def _read_members(archive: zipfile.ZipFile, names: list[str], path: Path) -> list[bytes]:
    """Read members of an archive, which PyTorch does not compress: together they are no larger than the file."""
    size = sum(archive.getinfo(name).file_size for name in names)
    if size > path.stat().st_size:
        raise WeightsError(f"{path}: refused: {size:,} bytes come out of {path.stat().st_size:,}; save it with PyTorch")
    return [archive.read(name) for name in names]


def _read_legacy(path: Path) -> tuple[dict, dict[str, bytes]]:
    """Read five pickles, then the storages.

    The pickles are magic number, protocol, machine, tensors and storage keys; a storage is an i64 count and its values.
    """
    with open(path, "rb") as file:
        magic, protocol, machine = (_Unpickler(file, path).load() for _ in range(3))
        if magic != TORCH_MAGIC or protocol != TORCH_PROTOCOL or not machine["little_endian"]:
            raise WeightsError(f"{path}: not a PyTorch weights file of protocol {TORCH_PROTOCOL}, little endian")
        reader = _Unpickler(file, path)
        tensors = reader.load()
        raw = {}
        for key in _Unpickler(file, path).load():
            (count,) = struct.unpack("<q", file.read(8))
            size = count * np.dtype(reader.storages[key].dtype).itemsize
            if not 0 <= size <= path.stat().st_size:
                raise WeightsError(f"{path}: refused: a storage of {count} values")
            raw[key] = file.read(size)
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
    return np.lib.stride_tricks.as_strided(values[offset:], shape, steps, writeable=False)
