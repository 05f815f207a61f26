"""HDF5 files as trees of groups and arrays: what is in one, and reading it with words for what is wrong.

Damage can kill the HDF5 library: what opens a file runs in a process of its own (`_apart`), and `is_hdf5`, `holds`,
`damage` and `is_damaged` alone in the one that asks. So h5py and numpy are imported where they are used.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marey.labels.formats._apart import call_apart
from marey.labels.heads import read_head
from marey.labels.summaries import summarise

if TYPE_CHECKING:
    import h5py
    import numpy as np

SUFFIXES = (".h5", ".hdf5", ".hdf")
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MAX_MEMBERS = 200  # of a group that are looked at


def is_hdf5(path: Path) -> bool:
    """Return whether a path is an HDF5 file, by how it begins."""
    return path.is_file() and read_head(path).startswith(_SIGNATURE)


def holds(path: Path) -> dict[str, list[str]]:
    """Return the names at the root of an HDF5 file, each with those in it; nothing for any other or damaged file.

    The file is opened once per state of it, in a process of its own.
    """
    return summarise(path, _members, always=True)["members"] if is_hdf5(path) else {}


def damage(path: Path) -> str:
    """Say why an HDF5 file cannot be opened; "" where it can."""
    return summarise(path, _members, always=True)["fault"]


def is_damaged(path: Path) -> bool:
    """Return whether a path is an HDF5 file that cannot be opened: then its name alone can say what it was."""
    return is_hdf5(path) and damage(path) != ""


def _members(path: Path) -> dict:
    try:
        return {"members": call_apart(_list_members, path), "fault": ""}
    except ValueError as error:
        return {"members": {}, "fault": str(error)}


def _list_members(path: Path) -> dict[str, list[str]]:
    with open_tree(path) as file:
        groups = dict(list(file.items())[:_MAX_MEMBERS])
        return {name: list(member)[:_MAX_MEMBERS] if hasattr(member, "keys") else [] for name, member in groups.items()}


@contextmanager
def open_tree(path: Path) -> "Iterator[h5py.File]":
    """Open an HDF5 file; whatever goes wrong with its bytes is a ValueError in words."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError, KeyError) as error:
        said = " ".join(str(error).split()).strip("'\"")
        raise ValueError(f"not a whole HDF5 file ({said[:200]}); restore the file, or write it again") from None


def array(tree: "h5py.Group", name: str, *, ndim: int | None = None) -> "np.ndarray":
    """Read the array at `name`; ValueError where there is none, or one of another number of dimensions."""
    import h5py

    found = tree.get(name)
    where = f"{tree.name.rstrip('/')}/{name}"
    if not isinstance(found, h5py.Dataset):
        raise ValueError(f"lacks {where}; write the file again")
    if ndim is not None and found.ndim != ndim:
        raise ValueError(f"{where} has the shape {found.shape}; expected {ndim} dimensions")
    return found[()]


def numbers(tree: "h5py.Group", name: str, *, ndim: int) -> "np.ndarray":
    """Read an array of numbers as float64; ValueError where it is none."""
    import numpy as np

    found = array(tree, name, ndim=ndim)
    if found.dtype.kind not in "iufb":
        raise ValueError(f"{tree.name.rstrip('/')}/{name} holds {found.dtype}; expected numbers")
    return np.asarray(found, np.float64)


def texts(tree: "h5py.Group", name: str) -> list[str]:
    """Read a list of texts; an empty list may be of any type."""
    found = array(tree, name)
    return [as_text(value) for value in found.ravel().tolist()] if found.size else []


def as_text(value: Any) -> str:
    """Read a text as HDF5 keeps it: bytes, numpy bytes, an array of one, a str."""
    value = value.item() if hasattr(value, "item") and getattr(value, "size", 1) == 1 else value
    value = value.tobytes() if hasattr(value, "tobytes") else value
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


def as_json(value: Any, where: str) -> Any:
    """Read JSON as HDF5 keeps it; ValueError names `where` it is broken."""
    try:
        return json.loads(as_text(value))
    except ValueError as error:
        raise ValueError(f"{where} is no JSON ({error}); write the file again") from None


def extents(tree: "h5py.Group", names: Sequence[str]) -> list[str]:
    """Word what members of a group hold: name, and how many where that can be said."""
    found = []
    for name in names:
        member = tree[name]
        count = member.shape[0] if getattr(member, "shape", None) else None
        if count is None and hasattr(member, "keys"):
            lengths = [part.shape[0] for part in member.values() if getattr(part, "shape", None)]
            count = max(lengths, default=None)
        if count != 0:
            found.append(name.removesuffix("_json") + (f" ({count})" if count else ""))
    return found
