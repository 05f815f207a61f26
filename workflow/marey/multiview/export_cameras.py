"""Write calibrated cameras in the file of another tool."""

from pathlib import Path

import numpy as np

from marey.multiview.cameras import read_cameras
from marey.multiview.formats import calibration_toml
from marey.tables import files
from marey.tables.cameras import CAMERAS


def export_cameras(cameras_path: Path, out: Path) -> None:
    """Write the cameras of a rig as anipose's `calibration.toml`.

    Where a board calibrated the cameras, it states the root mean square distance of all corners from where one rigid
    board a frame puts them, px. Pixels: see `formats.calibration_toml`.

    Args:
        cameras_path: the table `cameras` of the rig.
        out: where to write.

    Raises:
        ValueError: a camera has skew, which anipose's have not.
    """
    known = files.read(cameras_path, CAMERAS, ["rms_px", "corners"]).dropna()
    error = float(np.sqrt(np.average(known["rms_px"] ** 2, weights=known["corners"]))) if len(known) else None
    calibration_toml.write(out, read_cameras(cameras_path), error=error)
