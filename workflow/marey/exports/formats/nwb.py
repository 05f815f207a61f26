"""NWB with ndx-pose: a `PoseEstimation` for each individual, with a series of positions for each keypoint.

Times are a rate and a start where frames are even, else time stamps. The subject and the start of the session come from
`export.nwb` and the sheet. The container of one animal alone is called `PoseEstimation`, as movement looks for it.
"""

import warnings
from pathlib import Path

import numpy as np

from marey.exports.nwb_file import begin_file, build_series, build_skeleton, nwb_name, read_tracks, require_distinct
from marey.exports.poses import Poses

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


def write(poses: Poses, out: Path, config: dict) -> None:
    """Write each individual from its first frame with a row to its last; `config` holds the block `nwb`."""
    from ndx_pose import PoseEstimation, Skeletons
    from pynwb import NWBHDF5IO

    file = begin_file(poses, poses.video, config["nwb"], kind="video")
    behavior = file.create_processing_module("behavior", "poses of animals in a video")
    require_distinct([nwb_name(name) for name in poses.individuals], poses, "individuals")
    skeletons, containers = [], []
    said = {"kind": "video", "unit": "pixels", "reference_frame": REFERENCE_FRAME}
    for row, (individual, track) in enumerate(zip(poses.individuals, read_tracks(poses), strict=True)):
        skeletons.append(build_skeleton(poses, row, file.subject))
        with warnings.catch_warnings():  # a linked ImageSeries would name a file that is not beside this one
            warnings.simplefilter("ignore", DeprecationWarning)
            container = PoseEstimation(
                name=nwb_name(individual) if poses.several else "PoseEstimation",
                pose_estimation_series=build_series(poses, row, track, **said),
                description=f"{individual}: poses that Marey found in {poses.file}",
                original_videos=[poses.file],
                dimensions=np.array([poses.size], np.uint16),
                scorer="marey",
                source_software="Marey",
                source_software_version=str(poses.provenance.get("version", "unknown")),
                skeleton=skeletons[-1],
            )
        containers.append(container)
    behavior.add(Skeletons(skeletons=skeletons))
    for container in containers:
        behavior.add(container)
    with NWBHDF5IO(out, "w") as writer:
        writer.write(file)
