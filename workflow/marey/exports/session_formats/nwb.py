"""NWB with ndx-pose: a `MultiCameraPoseEstimation` for each individual, and the calibrated cameras as devices.

It has a series of positions for each keypoint, and a `PoseEstimation` without series for each camera. Times, subject
and start of the recording are as in the file of a video. The container of one animal alone is called `PoseEstimation`,
as movement looks for it.
"""

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from marey.exports.nwb_file import begin_file, build_series, build_skeleton, nwb_name, read_tracks, require_distinct
from marey.exports.session_poses import SessionPoses
from marey.tables.cameras import INTRINSICS, LENS, ROTATION, TRANSLATION

TOOLS = "pynwb, MatNWB, DANDI, movement, NeuroConv"
POSITIONS = "x, y and z as in Marey, in the unit of the calibration; `reference_frame` says so in words"
CANNOT_SAY = (
    "covariances",
    "state (measured or bridged)",
    "views used, reprojection error",
    "one subject a file: of several animals, the names",
)
READ = [
    "from pynwb import NWBHDF5IO",
    'behavior = NWBHDF5IO("{file}", load_namespaces=True).read().processing["behavior"]',
    'points = behavior["PoseEstimation"]["snout"].data[:]',
]

REFERENCE_FRAME = "x, y and z are right-handed axes of the world that the cameras were calibrated in"
UNITS = {"mm": "millimeters", "cm": "centimeters", "m": "meters"}
PIXELS = "pixel centres are at integers + 0.5, the corner of the image is (0, 0); OpenCV's cx and cy are less by 0.5"


def write(poses: SessionPoses, out: Path, config: dict) -> None:
    """Write all times of the session, and its cameras; `config` holds the block `nwb`."""
    from ndx_pose import MultiCameraPoseEstimation, PoseEstimation, Skeletons
    from pynwb import NWBHDF5IO

    file = begin_file(poses, poses.session, config["nwb"], kind="session")
    behavior = file.create_processing_module("behavior", "poses of animals in space")
    require_distinct([nwb_name(name) for name in poses.individuals], poses, "individuals")
    cameras = [_camera(row) for row in poses.cameras.to_dict("records")]
    for camera in cameras:
        file.add_device(camera)
    unit = UNITS.get(poses.unit, poses.unit)
    said = {"kind": "session", "unit": unit, "reference_frame": REFERENCE_FRAME}
    skeletons, containers = [], []
    for row, (individual, track) in enumerate(zip(poses.individuals, read_tracks(poses), strict=True)):
        skeletons.append(build_skeleton(poses, row, file.subject))
        container = MultiCameraPoseEstimation(
            name=nwb_name(individual) if poses.several else "PoseEstimation",
            pose_estimation_series=build_series(poses, row, track, **said),
            pose_estimations=[
                PoseEstimation(name=f"view_{camera.name}", description=f"what {camera.name} sees", device=camera)
                for camera in cameras
            ],
            description=f"{individual}: poses in space that Marey found by {len(cameras)} cameras",
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


def _camera(row: dict):
    """Build the CalibratedCamera of a row of `cameras`."""
    from ndx_pose import CalibratedCamera

    fx, fy, skew, cx, cy = (row[name] for name in INTRINSICS)
    fisheye = row["model"] == "fisheye"
    terms = ("k1", "k2", "k3", "k4") if fisheye else LENS[:5]
    named = "k1 k2 k3 k4, of the angle" if fisheye else "k1 k2 p1 p2 k3"
    return CalibratedCamera(
        name=nwb_name(row["camera"]),
        description=(
            f"{row['width']} x {row['height']} px; a point X of the world ({row['unit']}) is at R X + t, x right, "
            f"y down, z forward; distortion: {named} ({row['model']}); {PIXELS}"
        ),
        intrinsic_matrix=np.array([[fx, skew, cx], [0, fy, cy], [0, 0, 1]]),
        rotation_matrix=Rotation.from_rotvec([row[name] for name in ROTATION]).as_matrix(),
        translation_vector=np.array([row[name] for name in TRANSLATION]),
        distortion_coefficients=np.array([row[name] for name in terms]),
    )
