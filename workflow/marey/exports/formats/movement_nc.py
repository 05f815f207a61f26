"""movement's netCDF: the variables `position` and `confidence` over time, space, keypoints and individuals.

A netCDF-4 file is an HDF5 file with dimension scales: nothing but h5py is needed to write one.
"""

import json
import logging
from pathlib import Path

import h5py
import numpy as np

from marey.exports.poses import Poses

TOOLS = "movement, xarray"
PIXELS = "x and y as in Marey: px of the video, the corner of the image is (0, 0), pixel centres at integers + 0.5"
CANNOT_SAY = (
    "sigma_px",
    "state (measured or interpolated)",
    "raw positions",
    "skeleton",
    "objects: they are an individual",
)
READ = ["import xarray as xr", 'poses = xr.open_dataset("{file}", engine="h5netcdf")']

CHUNK_BYTES = 2**18
_log = logging.getLogger(__name__)


def write(poses: Poses, out: Path, config: dict) -> None:
    """Write the frames from the first to the last with poses; `time` has their times, s, and `frame` their numbers."""
    start, stop = poses.span
    with h5py.File(out, "w", track_order=True) as file:
        _describe(file, poses)
        scales = {
            "time": poses.times[start:stop],
            "space": ("x", "y"),
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


def _describe(file: h5py.File, poses: Poses) -> None:
    text = {
        "ds_type": "poses",
        "time_unit": "seconds",
        "source_software": "Marey",
        "source_file": f"{poses.path.parent.name}/{poses.path.name}",
        "video": poses.file,
        "pixels": PIXELS,
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
    chunks = (min(max(1, CHUNK_BYTES // row), max(shape[0], 1)), *shape[1:])
    variable = file.create_dataset(name, shape, kind, chunks=chunks, compression="gzip", shuffle=True, fillvalue=fill)
    if fill is not None:
        variable.attrs["_FillValue"] = np.array([fill], kind)
    for index, dimension in enumerate(dimensions):
        variable.dims[index].attach_scale(file[dimension])
    return variable
