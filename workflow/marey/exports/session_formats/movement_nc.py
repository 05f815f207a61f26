"""movement's netCDF: `position` and `confidence` over time, space (x, y, z), keypoints and individuals."""

from pathlib import Path

from marey.exports import netcdf
from marey.exports.session_poses import SessionPoses

TOOLS = "movement, xarray"
POSITIONS = "x, y and z as in Marey: in the unit of the calibration (attribute `space_unit`), right-handed"
CANNOT_SAY = ("covariances", "state (measured or bridged)", "views used, reprojection error", "skeleton", "cameras")
READ = ["import xarray as xr", 'poses = xr.open_dataset("{file}", engine="h5netcdf")']


def write(poses: SessionPoses, out: Path, config: dict) -> None:
    """Write all times of the session; `time` has them, s, and `frame` their numbers."""
    netcdf.write_dataset(poses, out, {"session": poses.session, "space_unit": poses.unit})
