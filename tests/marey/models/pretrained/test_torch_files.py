"""PyTorch's files: both forms are read, and nothing in them runs."""

import io
import pickle
import struct
import tracemalloc
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from marey.models.pretrained import torch_files
from marey.models.pretrained.torch_files import WeightsError, read_torch_pickle

FLOATS = np.arange(12, dtype=np.float32)
INTS = np.array([7, 8, 9], dtype=np.int64)


class Named:
    """Pickles as the global `module.name`, which need not exist."""

    def __init__(self, module: str, name: str):
        self.module, self.name = module, name


class Call:
    def __init__(self, function: Named, *arguments):
        self.function, self.arguments = function, arguments


class Stored:
    def __init__(self, kind: str, key: str, size: int):
        self.pid = ("storage", Named("torch", kind), key, "cpu", size)


class Pickler(pickle._Pickler):
    """Writes what PyTorch writes, without PyTorch; the Python pickler lets a global be written by name alone."""

    zipped = False

    def persistent_id(self, item):
        if isinstance(item, Stored):
            return item.pid if self.zipped else (*item.pid, None)
        return None

    def save(self, item, *_, **__):
        if isinstance(item, Named):
            self.write(pickle.GLOBAL + f"{item.module}\n{item.name}\n".encode())
        elif isinstance(item, Call):
            self.save(item.function)
            self.save(item.arguments)
            self.write(pickle.REDUCE)
        else:
            super().save(item)


def dumps(item, zipped: bool = False) -> bytes:
    file = io.BytesIO()
    pickler = Pickler(file, 2)
    pickler.zipped = zipped
    pickler.dump(item)
    return file.getvalue()


def tensor(storage: Stored, offset: int, shape: tuple, strides: tuple) -> Call:
    rebuild = Named("torch._utils", "_rebuild_tensor_v2")
    return Call(rebuild, storage, offset, shape, strides, False, OrderedDict())


def state(**tensors) -> OrderedDict:
    return OrderedDict(tensors)


def good() -> OrderedDict:
    floats = Stored("FloatStorage", "10", 12)
    return state(
        matrix=tensor(floats, 0, (3, 4), (4, 1)),
        turned=tensor(floats, 2, (2, 3), (1, 4)),
        scalar=tensor(Stored("LongStorage", "11", 3), 1, (), ()),
    )


def write_legacy(path: Path, tensors, storages=None, magic=torch_files.TORCH_MAGIC) -> Path:
    storages = {"10": FLOATS, "11": INTS} if storages is None else storages
    parts = [dumps(magic), dumps(1001), dumps({"little_endian": True}), dumps(tensors), dumps(list(storages))]
    parts += [struct.pack("<q", values.size) + values.tobytes() for values in storages.values()]
    path.write_bytes(b"".join(parts))
    return path


def write_zip(path: Path, tensors, byteorder=b"little") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", dumps(tensors, zipped=True))
        archive.writestr("model/byteorder", byteorder)
        archive.writestr("model/data/10", FLOATS.tobytes())
        archive.writestr("model/data/11", INTS.tobytes())
    return path


WRITERS = pytest.mark.parametrize("write", [write_legacy, write_zip])


@WRITERS
def test_reads_both_forms(write, tmp_path):
    found = read_torch_pickle(write(tmp_path / "w.pth", good()))
    assert list(found) == ["matrix", "turned", "scalar"]
    np.testing.assert_array_equal(found["matrix"], FLOATS.reshape(3, 4))
    np.testing.assert_array_equal(found["turned"], [[2, 6, 10], [3, 7, 11]])
    assert found["scalar"].shape == ()
    assert found["scalar"] == 8
    assert found["scalar"].dtype == np.int64


def test_parameters_are_read_as_tensors(tmp_path):
    """A state dict that was saved with `keep_vars` holds parameters rather than tensors."""
    values = tensor(Stored("FloatStorage", "10", 12), 0, (12,), (1,))
    parameter = Call(Named("torch._utils", "_rebuild_parameter"), values, True, OrderedDict())
    found = read_torch_pickle(write_zip(tmp_path / "w.pth", state(weight=parameter)))
    np.testing.assert_array_equal(found["weight"], FLOATS)


@WRITERS
def test_malicious_pickle_does_not_run(write, tmp_path):
    proof = tmp_path / "proof"
    attack = state(weight=Call(Named("os", "system"), f"touch {proof}"))
    path = write(tmp_path / "w.pth", attack)
    with pytest.raises(WeightsError, match=r"w\.pth.*os\.system"):
        read_torch_pickle(path)
    assert not proof.exists()


def test_the_attack_of_the_test_above_would_work_on_pickle(tmp_path):
    proof = tmp_path / "proof"
    pickle.loads(dumps(Call(Named("os", "system"), f"touch {proof}")))
    assert proof.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("builtins", "eval"),
        ("torch", "load"),
        ("numpy", "fromfile"),
        ("functools", "partial"),
        ("marey.models.pretrained.torch_files", "Path"),
    ],
)
def test_refused_globals_are_named(module, name, tmp_path):
    path = write_legacy(tmp_path / "w.pth", state(weight=Named(module, name)))
    with pytest.raises(WeightsError, match=f"{module}.{name}"):
        read_torch_pickle(path)


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(0, (13,), (1,)), (9, (2, 2), (2, 1)), (0, (2,), (10**6,)), (3, (2,), (-4,)), (-1, (2,), (1,)), (12, (), ())],
)
def test_tensor_beyond_its_storage_is_refused(offset, shape, strides, tmp_path):
    bad = state(weight=tensor(Stored("FloatStorage", "10", 12), offset, shape, strides))
    path = write_legacy(tmp_path / "w.pth", bad, {"10": FLOATS})
    with pytest.raises(WeightsError, match="'weight'"):
        read_torch_pickle(path)


def test_other_faults_are_named(tmp_path):
    path = tmp_path / "w.pth"
    cases = [
        (lambda: write_legacy(path, [1, 2], {}), "expected a dictionary"),
        (lambda: write_legacy(path, state(epoch=3), {}), "'epoch' is no tensor but int"),
        (lambda: write_legacy(path, good(), magic=1), "not a PyTorch weights file"),
        (lambda: write_zip(path, good(), byteorder=b"big"), "big-endian"),
        (lambda: path.write_bytes(b"nonsense"), "not a whole PyTorch weights file"),
        (lambda: path.write_bytes(write_legacy(path, good()).read_bytes()[:-30]), "not a whole|stored values"),
    ]
    for make, message in cases:
        make()
        with pytest.raises(WeightsError, match=message) as error:
            read_torch_pickle(path)
        assert str(path) in str(error.value)


def peak(path: Path) -> int:
    """Bytes of memory that reading a file takes at most, whether it is refused or not."""
    tracemalloc.start()
    try:
        read_torch_pickle(path)
    except WeightsError:
        pass
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most


def add_member(path: Path, name: str, size: int) -> None:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, bytes(size))


def test_members_that_no_tensor_names_are_not_read(tmp_path):
    path = write_zip(tmp_path / "w.pth", good())
    add_member(path, "model/data/12", 2**25)
    assert list(read_torch_pickle(path)) == ["matrix", "turned", "scalar"]
    assert peak(path) < 2**20


@pytest.mark.parametrize("name", ["model/data/10", "model/byteorder", "model/data.pkl"])
def test_members_larger_than_the_file_are_refused_unread(name, tmp_path):
    path = tmp_path / "w.pth"
    with zipfile.ZipFile(path, "w") as archive:
        for kept in {"model/data.pkl", "model/data/10", "model/data/11"} - {name}:
            archive.writestr(kept, dumps(good(), zipped=True) if kept.endswith("pkl") else FLOATS.tobytes())
    add_member(path, name, 2**25)
    with pytest.raises(WeightsError, match=r"w\.pth: refused: 33,554,\d+ bytes come out of"):
        read_torch_pickle(path)
    assert peak(path) < 2**20


def test_what_a_file_says_of_its_tensors_takes_no_memory(tmp_path):
    wide = state(weight=tensor(Stored("FloatStorage", "10", 12), 0, (2**30,), (0,)))
    assert peak(write_zip(tmp_path / "w.pth", wide)) < 2**20
    many = state(**{f"w{index}": tensor(Stored("FloatStorage", "10", 2**16), 0, (2**16,), (1,)) for index in range(99)})
    values = np.zeros(2**16, np.float32)
    assert peak(write_legacy(tmp_path / "w.pth", many, {"10": values})) < 2 * values.nbytes + 2**20
    axes = state(weight=tensor(Stored("FloatStorage", "10", 12), 0, (1,) * 9, (1,) * 9))
    with pytest.raises(WeightsError, match="a tensor of 9 axes"):
        read_torch_pickle(write_legacy(tmp_path / "w.pth", axes))
    (tmp_path / "w.pth").write_bytes(pickle.PROTO + b"\x02}" + pickle.LONG_BINPUT + struct.pack("<I", 2**26) + b".")
    assert peak(tmp_path / "w.pth") < 2**20


def test_a_storage_larger_than_the_file_is_refused(tmp_path):
    path = write_legacy(tmp_path / "w.pth", good())
    text = path.read_bytes()
    path.write_bytes(
        text.replace(struct.pack("<q", 12) + FLOATS.tobytes(), struct.pack("<q", 2**33) + FLOATS.tobytes())
    )
    with pytest.raises(WeightsError, match="refused: a storage of 8589934592 values"):
        read_torch_pickle(path)
