"""Read the cameras of a rig from a calibration that another tool made."""

from collections.abc import Sequence
from importlib import import_module
from itertools import combinations
from pathlib import Path

import numpy as np

from marey.multiview import formats
from marey.multiview.calibration_checks import judge_read, refuse_bad
from marey.multiview.calibration_formats import calibration_format
from marey.multiview.cameras import Camera, camera_rows, natural
from marey.tables import files
from marey.tables.calibration import CALIBRATION
from marey.tables.cameras import CAMERAS

SAME_PLACE = 1e-6  # of the distance from the origin: cameras nearer to each other are one
SAME_TURN = 1e-6


def read_calibration(
    path: str | Path, out: Path, checks_out: Path, *, names: Sequence[str], unit: str, provenance: dict
) -> None:
    """Write the tables `cameras` and `calibration` of a rig.

    Args:
        path: the file: anipose's calibration.toml, Label3D's *_dannce.mat or DeepLabCut's stereo_params.pickle.
        out: where to write the cameras.
        checks_out: where to write what the calibration is judged by.
        names: of the cameras of the rig; others in the file are left out.
        unit: of the file.
        provenance: what the result was made from, for its metadata.

    Raises:
        ValueError: as `find_cameras`.
        CalibrationError: the calibration is bad; the message says what to do.
    """
    cameras = find_cameras(path, names)
    checks = judge_read(cameras)
    refuse_bad(checks)
    files.write(out, camera_rows(cameras, unit=unit), CAMERAS, provenance=provenance)
    files.write(checks_out, checks, CALIBRATION, provenance=provenance)


def find_cameras(path: str | Path, names: Sequence[str]) -> list[Camera]:
    """Find the cameras of these names in a calibration.

    Args:
        path: the file.
        names: of the cameras.

    Returns:
        The cameras in natural order of their names; a size of (0, 0) is one that the file does not say.

    Raises:
        ValueError: the file is none or broken; a camera is not in it, or has the same parameters as another. The
            message says what to do.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such file; expected the calibration of {', '.join(names)} (cameras.calibration)")
    reader = import_module(f"{formats.__name__}.{calibration_format(path)}")
    found = {camera.name: camera for camera in _unique(path, reader.read(path))}
    missing, surplus = sorted({*names} - found.keys(), key=natural), sorted(found.keys() - {*names}, key=natural)
    if missing:
        others = ", ".join(surplus) or "no other"
        raise ValueError(
            f"{path}: has no camera {', '.join(missing)}; it has {others}, which the session has not. "
            "Name the cameras in the sheet as the calibration does."
        )
    used = [found[name] for name in sorted(names, key=natural)]
    for one, other in combinations(used, 2):
        if _equal_poses(one, other):
            raise ValueError(
                f"{path}: the cameras {one.name} and {other.name} have the same place and direction, so that one of "
                "them is wrong; calibrate again, or leave the wrong one out of the session"
            )
    return used


def _unique(path: Path, cameras: list[Camera]) -> list[Camera]:
    names = [camera.name for camera in cameras]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        what = f"two cameras are called {twice[0]}" if twice else "there is no camera in it"
        raise ValueError(f"{path}: {what}; expected a camera for each name")
    return cameras


def _equal_poses(one: Camera, other: Camera) -> bool:
    near = np.linalg.norm(one.centre - other.centre) <= SAME_PLACE * max(np.linalg.norm(one.centre), 1e-300)
    return bool(near and np.abs(one.rotation - other.rotation).max() <= SAME_TURN)
