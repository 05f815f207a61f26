"""SLEAP analysis HDF5: arrays over all frames of the video, in the order of axes that SLEAP itself writes.

`tracks` has the axes (track, xy, node, frame); each array names its own in the attribute `dims`.
"""

import json
from pathlib import Path

import h5py
import numpy as np

from marey.exports.poses import Poses
from marey.exports.sleap_file import TO_PIXEL_CENTRES

TOOLS = "SLEAP's notebooks and MATLAB, sleap-io, movement"
PIXELS = "x - 0.5 and y - 0.5: pixel centres are integers"
CANNOT_SAY = ("time", "sigma_px", "state (measured or interpolated)", "raw positions", "objects: they are a track")
READ = ["import h5py", 'tracks = h5py.File("{file}")["tracks"][:].T  # frame, node, xy, track']

CHUNK_BYTES = 2**18
AXES = {
    "tracks": ("track", "xy", "node", "frame"),
    "point_scores": ("track", "node", "frame"),
    "instance_scores": ("track", "frame"),
    "tracking_scores": ("track", "frame"),
    "track_occupancy": ("frame", "track"),
}


def write(poses: Poses, out: Path, config: dict) -> None:
    """Write all frames of the video from 0, so that an index on `frame` is a frame; NaN where there is nothing."""
    sizes = {"track": len(poses.individuals), "xy": 2, "node": len(poses.keypoints), "frame": len(poses.times)}
    with h5py.File(out, "w") as file:
        arrays = {name: _array(file, name, sizes) for name in AXES}
        for block in poses.blocks():
            frames = slice(block.start, block.start + len(block.position))
            position = block.position.astype(np.float64) + TO_PIXEL_CENTRES
            arrays["tracks"][..., frames] = position.transpose(1, 3, 2, 0)
            arrays["point_scores"][..., frames] = block.confidence.transpose(1, 2, 0)
            arrays["instance_scores"][:, frames] = np.where(block.seen, block.scores, np.nan).T
            arrays["track_occupancy"][frames] = block.seen
        _describe(file, poses)


def _array(file: h5py.File, name: str, sizes: dict[str, int]) -> h5py.Dataset:
    kind = np.dtype(np.uint8 if name == "track_occupancy" else np.float64)
    shape = tuple(sizes[axis] for axis in AXES[name])
    others = int(np.prod(shape)) // max(sizes["frame"], 1)
    frames = min(max(1, CHUNK_BYTES // (others * kind.itemsize)), max(sizes["frame"], 1))
    chunks = tuple(frames if axis == "frame" else sizes[axis] for axis in AXES[name])
    fill = 0 if kind == np.uint8 else np.nan
    array = file.create_dataset(name, shape, kind, chunks=chunks, compression="gzip", shuffle=True, fillvalue=fill)
    array.attrs["dims"] = json.dumps(AXES[name])
    return array


def _describe(file: h5py.File, poses: Poses) -> None:
    edges = [(poses.keypoints[source], poses.keypoints[target]) for source, target in poses.edges]
    symmetries = [(poses.keypoints[left], poses.keypoints[right]) for left, right in poses.pairs]
    file["track_names"] = _bytes(poses.individuals)
    file["node_names"] = _bytes(poses.keypoints)
    file["edge_names"] = _bytes([name for edge in edges for name in edge]).reshape(-1, 2)
    file["edge_inds"] = np.array(poses.edges, np.int64).reshape(-1, 2)
    file["labels_path"], file["video_path"], file["video_ind"] = "", poses.file, 0
    file["provenance"] = json.dumps(poses.provenance)
    file.attrs["format"], file.attrs["preset"] = "analysis", "matlab"
    file.attrs["skeleton_name"] = "Skeleton-0"
    file.attrs["skeleton_symmetries"] = json.dumps(symmetries)
    file.attrs["video_backend_metadata"] = "{}"


def _bytes(names) -> np.ndarray:
    return np.array([name.encode() for name in names], dtype="S" if names else "S1")
