"""MATLAB files of version 5 to 7.2 (scipy) and 7.3 (HDF5), as plain dicts, lists, texts and arrays.

They are read in a process of their own, since damage can kill the libraries. Objects, functions and tables of MATLAB
are None: nothing in a file is run.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marey.labels.formats._apart import call_apart
from marey.labels.heads import read_head
from marey.labels.summaries import summarise

if TYPE_CHECKING:
    import h5py
    import numpy as np

SUFFIX = ".mat"
_OLD, _NEW = b"MATLAB 5", (b"MATLAB 7", b"\x89HDF")
MAX_DEPTH = 20  # of structs and cells in each other


def variables(path: Path) -> list[str]:
    """Return the names of the variables of a MATLAB file; none of any other or damaged one. Read once per state."""
    if path.suffix.lower() != SUFFIX or not path.is_file() or not read_head(path).startswith((_OLD, *_NEW)):
        return []
    return summarise(path, _variables, always=True)["names"]


def _variables(path: Path) -> dict:
    try:
        return {"names": call_apart(_list_variables, path)}
    except ValueError:
        return {"names": []}  # `read` says what is wrong


def _list_variables(path: Path) -> list[str]:
    if read_head(path).startswith(_OLD):
        return list(_load_old(path, None))
    from marey.labels.formats._hdf_tree import open_tree

    with open_tree(path) as file:
        return [name for name in file if not name.startswith("#")]


def read_variables(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """Read variables by name, those that are there, in a process of their own. ValueError says what is wrong."""
    return call_apart(_read, path, list(names))


def _read(path: Path, names: list[str]) -> dict[str, Any]:
    if read_head(path).startswith(_OLD):
        return {name: _plain(value) for name, value in _load_old(path, names).items()}
    from marey.labels.formats._hdf_tree import open_tree

    with open_tree(path) as file:
        return {name: _plain_hdf(file[name], file) for name in names if name in file}


def _load_old(path: Path, names: list[str] | None) -> dict[str, Any]:
    from scipy.io import loadmat

    try:
        found = loadmat(path, variable_names=names)
    except Exception as error:  # scipy raises dozens of kinds for broken bytes
        raise ValueError(f"not a whole MATLAB file ({error or type(error).__name__}); save it again") from None
    return {name: value for name, value in found.items() if not name.startswith("__") and name != "None"}


def _plain(value: Any, depth: int = 0) -> Any:
    """Turn what scipy gives into dicts (structs), lists (cells and arrays of structs), texts and arrays of numbers."""
    import numpy as np

    if depth > MAX_DEPTH or not isinstance(value, np.ndarray | np.void):
        return None
    if isinstance(value, np.void):
        return {name: _plain(value[name], depth + 1) for name in value.dtype.names or ()}
    if type(value).__name__ in ("MatlabOpaque", "MatlabFunction", "MatlabObject"):
        return None
    if value.dtype.names:
        items = [_plain(item, depth) for item in value.ravel(order="F")]
        return items[0] if len(items) == 1 else items
    if value.dtype.kind == "O":
        return [_plain(item, depth + 1) for item in value.ravel(order="F")]
    if value.dtype.kind in "US":
        lines = [str(line) for line in value.ravel()]
        return lines if len(lines) > 1 else "".join(lines)
    return value if value.dtype.kind in "iufb" else None


def _plain_hdf(item: "h5py.Group | h5py.Dataset", file: "h5py.File", depth: int = 0) -> Any:
    """Turn what version 7.3 keeps in HDF5 into the same; its arrays have their axes in reverse."""
    import h5py

    kind = item.attrs.get("MATLAB_class", b"")
    kind = kind.decode() if isinstance(kind, bytes) else str(kind)
    if depth > MAX_DEPTH or "MATLAB_object_decode" in item.attrs:
        return None
    if isinstance(item, h5py.Group):
        return _struct({name: item[name] for name in item}, file, depth)
    if item.attrs.get("MATLAB_empty"):
        return {"char": "", "cell": []}.get(kind, _empty())
    values = item[()].T if item.ndim else item[()].reshape(1, 1)
    if values.dtype == h5py.ref_dtype:
        return [_plain_hdf(file[reference], file, depth + 1) for reference in values.ravel(order="F")]
    if kind == "char":
        lines = ["".join(map(chr, line)) for line in values.reshape(-1, values.shape[-1])]
        return lines if len(lines) > 1 else "".join(lines)
    return values if values.dtype.kind in "iufb" else None


def _struct(members: dict, file: "h5py.File", depth: int) -> dict | list[dict]:
    """Read a struct, or an array of structs, whose members are references, one for each."""
    import h5py

    arrays = [isinstance(item, h5py.Dataset) and "MATLAB_class" not in item.attrs for item in members.values()]
    refs = [whole and item.dtype == h5py.ref_dtype for whole, item in zip(arrays, members.values(), strict=True)]
    if not members or not all(refs):
        return {name: _plain_hdf(item, file, depth + 1) for name, item in members.items()}
    columns = {name: _plain_hdf(item, file, depth + 1) for name, item in members.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _empty() -> "np.ndarray":
    import numpy as np

    return np.zeros((0, 0))
