"""The poses in space of a session as formats write them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from marey.exports.pose_table import PoseTable
from marey.tables import files
from marey.tables.cameras import CAMERAS
from marey.tables.poses3d import POSES3D


@dataclass(frozen=True)
class SessionPoses(PoseTable):
    """The poses of a session.

    `session` is the id; `unit` that of positions; `cameras` the table `cameras`.
    """

    session: str
    unit: str
    cameras: pd.DataFrame


def read_session_poses(
    path: Path, cameras: Path, *, session: str, skeleton: tuple[tuple, tuple, tuple], provenance: dict
) -> SessionPoses:
    """Open the poses of a session.

    Args:
        path: the table `poses3d`.
        cameras: the table `cameras`.
        session: the id.
        skeleton: keypoints, edges and mirror pairs (as indices).
        provenance: what the export is made from.

    Returns:
        The poses, of which nothing but the times is read yet.
    """
    rig = files.read(cameras, CAMERAS)
    return SessionPoses(
        path=Path(path),
        table=POSES3D,
        times=_read_times(path),
        keypoints=tuple(skeleton[0]),
        edges=tuple(skeleton[1]),
        provenance=provenance,
        session=session,
        unit=rig["unit"].iloc[0],
        cameras=rig,
    )


def _read_times(path: Path) -> np.ndarray:
    """The time of each frame, f64[frame], s."""
    parts = [np.empty(0)]
    count = 0
    for batch in files.batches(path, POSES3D, ["frame", "time"], rows=files.ROW_GROUP):
        frame, time = batch["frame"].to_numpy(), batch["time"].to_numpy()
        new = np.flatnonzero(np.diff(frame, prepend=count - 1))
        parts.append(time[new])
        count = int(frame[-1]) + 1
    return np.concatenate(parts)
