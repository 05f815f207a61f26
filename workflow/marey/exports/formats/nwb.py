"""NWB with ndx-pose: a `PoseEstimation` for each individual, with a series of positions for each keypoint.

Times are a rate and a start where frames are even, else time stamps. The subject and the start of the session come from
`export.nwb` and the sheet. The container of one animal alone is called `PoseEstimation`, as movement looks for it.
"""

import json
import uuid
import warnings
from datetime import datetime
from pathlib import Path

import numpy as np

from marey.exports.pose_table import ExportError
from marey.exports.poses import Poses
from marey.tables.tracks import UNIQUE

TOOLS = "pynwb, MatNWB, DANDI, movement, NeuroConv"
PIXELS = "x and y as in Marey; `reference_frame` says so in words"
CANNOT_SAY = (
    "sigma_px",
    "state (measured or interpolated)",
    "raw positions",
    "one subject a file: of several animals, the names",
)
READ = [
    "from pynwb import NWBHDF5IO",
    'behavior = NWBHDF5IO("{file}", load_namespaces=True).read().processing["behavior"]',
    'points = behavior["PoseEstimation"]["snout"].data[:]',
]

REFERENCE_FRAME = (
    "(0, 0) is the top left corner of the image; x points right, y points down; pixel centres are at integers + 0.5"
)
CONFIDENCE = "probability that the position is right (calibrated on held-out frames)"
FIRST_ROW = "The first row is frame {} of the video, counted from 0; each following one is the next frame."
FORBIDDEN = str.maketrans("/:", "__")  # in names of NWB


def write(poses: Poses, out: Path, config: dict) -> None:
    """Write each individual from its first frame with a row to its last; `config` holds the block `nwb`."""
    from ndx_pose import PoseEstimation, Skeleton, Skeletons
    from pynwb import NWBHDF5IO

    file = _file(poses, config["nwb"])
    behavior = file.create_processing_module("behavior", "poses of animals in a video")
    skeletons, containers = [], []
    points = _points(poses)
    for row, individual in enumerate(poses.individuals):
        own = [point for owner, point in poses.owned if owner == row]
        place = {point: index for index, point in enumerate(own)}
        edges = [(place[a], place[b]) for a, b in poses.edges if a in place and b in place]
        skeletons.append(
            Skeleton(
                name=f"{_name(individual)}_skeleton",
                nodes=[poses.keypoints[point] for point in own],
                edges=np.array(edges, np.uint8).reshape(-1, 2),
                subject=None if individual == UNIQUE else file.subject,
            )
        )
        with warnings.catch_warnings():  # a linked ImageSeries would name a file that is not beside this one
            warnings.simplefilter("ignore", DeprecationWarning)
            container = PoseEstimation(
                name=_name(individual) if poses.several else "PoseEstimation",
                pose_estimation_series=_series(poses, own, *points[row]),
                description=f"{individual}: poses that Marey found in {poses.file}",
                original_videos=[poses.file],
                dimensions=np.array([poses.size], np.uint16),
                scorer="marey",
                source_software="Marey",
                source_software_version=str(poses.provenance.get("version", "unknown")),
                skeleton=skeletons[-1],
            )
        containers.append(container)
    _require_distinct([_name(name) for name in poses.individuals], poses, "individuals")
    behavior.add(Skeletons(skeletons=skeletons))
    for container in containers:
        behavior.add(container)
    with NWBHDF5IO(out, "w") as writer:
        writer.write(file)


def _file(poses: Poses, session: dict):
    """Begin the file: session and subject."""
    from pynwb import NWBFile
    from pynwb.file import Subject

    described = json.dumps(poses.provenance, sort_keys=True)
    file = NWBFile(
        session_description=session["description"] or f"video {poses.video}",
        identifier=f"{poses.video}-{uuid.uuid5(uuid.NAMESPACE_URL, described)}",
        session_start_time=datetime.fromisoformat(session["session_start"]),
        session_id=poses.video,
        keywords=["pose estimation", "behavior"],
        source_script="Marey",
        source_script_file_name="export_poses",
        notes=f"provenance: {described}",
    )
    file.subject = Subject(
        subject_id=_name(session["subject"] or poses.video),
        species=session["species"],
        sex=session["sex"],
        age=session["age"],
        description=f"in the video: {', '.join(name for name in poses.individuals if name != UNIQUE)}",
    )
    return file


def _points(poses: Poses) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """Read the poses of each individual: first frame, f32[frame, keypoint, 2] px, f32[frame, keypoint] confidence."""
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
            found.append((start, np.full((*shape, 2), np.nan, np.float32), np.full(shape, np.nan, np.float32)))
            continue
        position, confidence = (np.concatenate([entry[index] for entry in part]) for index in (1, 2))
        length = np.flatnonzero(np.isfinite(confidence).any(axis=1))[-1] + 1
        found.append((part[0][0], position[:length], confidence[:length]))
    return found


def _series(poses: Poses, own: list[int], start: int, position: np.ndarray, confidence: np.ndarray) -> list:
    """Make the series of an individual's keypoints `own`."""
    from ndx_pose import PoseEstimationSeries
    from pynwb import H5DataIO

    times = poses.times[start : start + len(position)]
    timing = {"rate": poses.rate, "starting_time": float(times[0])} if poses.rate else {"timestamps": times}
    names = [_name(poses.keypoints[point]) for point in own]
    _require_distinct(names, poses, "keypoints")
    series: list = []
    for point, name in zip(own, names, strict=True):
        made = PoseEstimationSeries(
            name=name,
            description=f"position of {poses.keypoints[point]}",
            comments=FIRST_ROW.format(start),
            data=H5DataIO(position[:, point], compression="gzip"),
            confidence=H5DataIO(confidence[:, point], compression="gzip"),
            confidence_definition=CONFIDENCE,
            unit="pixels",
            reference_frame=REFERENCE_FRAME,
            **timing,
        )
        series.append(made)
        timing = timing if poses.rate else {"timestamps": series[0]}  # written once, linked by the others
    return series


def _name(name: str) -> str:
    return name.translate(FORBIDDEN)


def _require_distinct(names: list[str], poses: Poses, kind: str) -> None:
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ExportError(f"{poses.path}: two {kind} would be named '{twice}', as NWB allows no / or :; rename one")
