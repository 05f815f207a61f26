"""What NWB files of poses share, of a video and of a session: the file with its subject, skeletons, series."""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from marey.exports.pose_table import ExportError, PoseTable
from marey.tables.tracks import UNIQUE

CONFIDENCE = "probability that the position is right (calibrated on held-out frames)"
FIRST_ROW = "The first row is frame {} of the {}, counted from 0; each following one is the next frame."
FORBIDDEN = str.maketrans("/:", "__")  # in names of NWB


def begin_file(poses: PoseTable, name: str, session: dict, *, kind: str):
    """Begin a file: session and subject.

    Args:
        poses: the poses.
        name: id of the video or of the session.
        session: the block `export.nwb`.
        kind: what the name is of, video or session.

    Returns:
        The NWBFile.
    """
    from pynwb import NWBFile
    from pynwb.file import Subject

    described = json.dumps(poses.provenance, sort_keys=True)
    file = NWBFile(
        session_description=session["description"] or f"{kind} {name}",
        identifier=f"{name}-{uuid.uuid5(uuid.NAMESPACE_URL, described)}",
        session_start_time=datetime.fromisoformat(session["session_start"]),
        session_id=name,
        keywords=["pose estimation", "behavior"],
        source_script="Marey",
        source_script_file_name="export_poses" if kind == "video" else "export_session",
        notes=f"provenance: {described}",
    )
    file.subject = Subject(
        subject_id=nwb_name(session["subject"] or name),
        species=session["species"],
        sex=session["sex"],
        age=session["age"],
        description=f"in the {kind}: {', '.join(name for name in poses.individuals if name != UNIQUE)}",
    )
    return file


def build_skeleton(poses: PoseTable, row: int, subject):
    """Build the Skeleton of an individual, by its place in `individuals`; objects are not of the subject."""
    from ndx_pose import Skeleton

    own = own_keypoints(poses, row)
    place = {point: index for index, point in enumerate(own)}
    edges = [(place[a], place[b]) for a, b in poses.edges if a in place and b in place]
    individual = poses.individuals[row]
    return Skeleton(
        name=f"{nwb_name(individual)}_skeleton",
        nodes=[poses.keypoints[point] for point in own],
        edges=np.array(edges, np.uint8).reshape(-1, 2),
        subject=None if individual == UNIQUE else subject,
    )


def own_keypoints(poses: PoseTable, row: int) -> list[int]:
    """List the keypoints, as indices, of an individual, by its place in `individuals`."""
    return [point for owner, point in poses.owned if owner == row]


def read_tracks(poses: PoseTable) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """Read the poses of each individual, from its first frame with a row to its last.

    Returns of each the first frame, positions f32[frame, keypoint, axis] and confidences f32[frame, keypoint].
    """
    start, stop = poses.span
    parts: list[list] = [[] for _ in poses.individuals]
    for block in poses.blocks(start, stop):
        there = np.isfinite(block.confidence).any(axis=2)
        for row, part in enumerate(parts):
            rows = np.flatnonzero(there[:, row])
            if len(rows) or part:
                first = 0 if part else int(rows[0])
                part.append((block.start + first, block.position[first:, row], block.confidence[first:, row]))
    found = []
    for part in parts:
        if not part:
            shape = (stop - start, len(poses.keypoints))
            empty = np.full((*shape, len(poses.axes)), np.nan, np.float32)
            found.append((start, empty, np.full(shape, np.nan, np.float32)))
            continue
        position, confidence = (np.concatenate([entry[index] for entry in part]) for index in (1, 2))
        length = np.flatnonzero(np.isfinite(confidence).any(axis=1))[-1] + 1
        found.append((part[0][0], position[:length], confidence[:length]))
    return found


def build_series(
    poses: PoseTable,
    row: int,
    track: tuple[int, np.ndarray, np.ndarray],
    *,
    kind: str,
    unit: str,
    reference_frame: str,
) -> list:
    """Build the PoseEstimationSeries of an individual's keypoints.

    Args:
        poses: the poses.
        row: place of the individual in `individuals`.
        track: of it, as of `read_tracks`.
        kind: what frames are counted in, video or session.
        unit: of positions.
        reference_frame: what positions are measured from, in words.

    Returns:
        A series for each keypoint.
    """
    from ndx_pose import PoseEstimationSeries
    from pynwb import H5DataIO

    start, position, confidence = track
    times = poses.times[start : start + len(position)]
    timing = {"rate": poses.rate, "starting_time": float(times[0])} if poses.rate else {"timestamps": times}
    own = own_keypoints(poses, row)
    names = [nwb_name(poses.keypoints[point]) for point in own]
    require_distinct(names, poses, "keypoints")
    series: list = []
    for point, name in zip(own, names, strict=True):
        made = PoseEstimationSeries(
            name=name,
            description=f"position of {poses.keypoints[point]}",
            comments=FIRST_ROW.format(start, kind),
            data=H5DataIO(position[:, point], compression="gzip"),
            confidence=H5DataIO(confidence[:, point], compression="gzip"),
            confidence_definition=CONFIDENCE,
            unit=unit,
            reference_frame=reference_frame,
            **timing,
        )
        series.append(made)
        timing = timing if poses.rate else {"timestamps": series[0]}  # written once, linked by the others
    return series


def nwb_name(name: str) -> str:
    """Return a name without what NWB forbids in names."""
    return name.translate(FORBIDDEN)


def require_distinct(names: Sequence[str], poses: PoseTable, kind: str) -> None:
    """Raise ExportError where two names are the same, once they are without what NWB forbids."""
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ExportError(f"{poses.path}: two {kind} would be named '{twice}', as NWB allows no / or :; rename one")
