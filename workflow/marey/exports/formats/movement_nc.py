"""movement's netCDF: the variables `position` and `confidence` over time, space, keypoints and individuals."""

from pathlib import Path

from marey.exports import netcdf
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


def write(poses: Poses, out: Path, config: dict) -> None:
    """Write the frames from the first to the last with poses; `time` has their times, s, and `frame` their numbers."""
    netcdf.write_dataset(poses, out, {"video": poses.file, "pixels": PIXELS})
