"""MATLAB files as MATLAB writes them: version 5 by scipy, version 7.3, which is HDF5 with a header, by hand."""

import itertools
from pathlib import Path

import h5py
import numpy as np
from scipy.io import savemat

_NUMBERS = itertools.count()  # of what cells hold


def write(path: Path, variables: dict, version: str) -> Path:
    """Write numbers, texts, dicts (structs) and lists (cells)."""
    if version == "5":
        savemat(path, {name: _as_scipy(value) for name, value in variables.items()})
        return path
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_group("#refs#")
        for name, value in variables.items():
            _write(file, name, value)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM")
    return path


def _as_scipy(value):
    if isinstance(value, dict):
        return {name: _as_scipy(item) for name, item in value.items()}
    if isinstance(value, list):
        cell = np.empty((len(value), 1), object)
        cell[:, 0] = [_as_scipy(item) for item in value]
        return cell
    return value


def _write(group: h5py.Group, name: str, value) -> None:
    if isinstance(value, dict):
        struct = group.create_group(name)
        struct.attrs["MATLAB_class"] = np.bytes_("struct")
        for key, item in value.items():
            _write(struct, key, item)
    elif isinstance(value, list):
        references = group.file["#refs#"]
        places = []
        for item in value:
            place = f"r{next(_NUMBERS)}"
            _write(references, place, item)
            places.append(references[place].ref)
        stored = group.create_dataset(name, data=np.array([places], h5py.ref_dtype))
        stored.attrs["MATLAB_class"] = np.bytes_("cell")
    elif isinstance(value, str):
        stored = group.create_dataset(name, data=np.array([[ord(letter)] for letter in value], np.uint16))
        stored.attrs["MATLAB_class"] = np.bytes_("char")
    else:
        stored = group.create_dataset(name, data=np.atleast_2d(np.asarray(value, float)).T)
        stored.attrs["MATLAB_class"] = np.bytes_("double")
