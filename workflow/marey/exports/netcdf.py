"""movement's netCDF, of poses in images and in space: `position` and `confidence` over time, space and who and what.

A netCDF-4 file is an HDF5 file with dimension scales: nothing but h5py is needed to write one.
"""

import json
import logging
from pathlib import Path

import h5py
import numpy as np

from marey.exports.pose_table import PoseTable

CHUNK_BYTES = 2**18
_log = logging.getLogger(__name__)


def write_dataset(poses: PoseTable, out: Path, about: dict[str, str]) -> None:
    """Write the frames from the first to the last with poses.

    Args:
        poses: the poses.
        out: the file.
        about: attributes, beside those that movement asks for.
    """
    start, stop = poses.span
    with h5py.File(out, "w", track_order=True) as file:
        _describe(file, poses, about)
        scales = {
            "time": poses.times[start:stop],
            "space": poses.axes,
            "keypoints": poses.keypoints,
            "individuals": poses.individuals,
        }
        for name, values in scales.items():
            kind = h5py.string_dtype() if isinstance(values, tuple) else np.float64
            file.create_dataset(name, data=np.array(values, kind), dtype=kind).make_scale(name)
        file["time"].attrs["standard_name"] = "time"
        frame = _variable(file, "frame", ("time",), np.int64, None)
        frame[:] = np.arange(start, stop)
        position = _variable(file, "position", ("time", "space", "keypoints", "individuals"), np.float32, np.nan)
        confidence = _variable(file, "confidence", ("time", "keypoints", "individuals"), np.float32, np.nan)
        position.attrs["coordinates"] = confidence.attrs["coordinates"] = "frame"
        for block in poses.blocks(start, stop):
            rows = slice(block.start - start, block.start - start + len(block.position))
            position[rows] = block.position.transpose(0, 3, 2, 1)
            confidence[rows] = block.confidence.transpose(0, 2, 1)


def _describe(file: h5py.File, poses: PoseTable, about: dict[str, str]) -> None:
    text = {
        "ds_type": "poses",
        "time_unit": "seconds",
        "source_software": "Marey",
        "source_file": f"{poses.path.parent.name}/{poses.path.name}",
        **about,
        "provenance": json.dumps(poses.provenance),
    }
    for name, value in text.items():
        file.attrs[name] = value
    if poses.rate:
        file.attrs["fps"] = poses.rate
    else:
        _log.info("no attribute fps: the frames are not even in time; `time` says when each was")


def _variable(file: h5py.File, name: str, dimensions: tuple[str, ...], kind: type, fill: float | None) -> h5py.Dataset:
    shape = tuple(len(file[dimension]) for dimension in dimensions)
    row = int(np.prod(shape[1:])) * np.dtype(kind).itemsize
    storage = {}
    if shape[0]:  # HDF5 has no chunks of nothing
        chunks = (min(max(1, CHUNK_BYTES // row), shape[0]), *shape[1:])
        storage = {"chunks": chunks, "compression": "gzip", "shuffle": True}
    variable = file.create_dataset(name, shape, kind, fillvalue=fill, **storage)
    if fill is not None:
        variable.attrs["_FillValue"] = np.array([fill], kind)
    for index, dimension in enumerate(dimensions):
        variable.dims[index].attach_scale(file[dimension])
    return variable
