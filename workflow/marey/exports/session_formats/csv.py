"""Tidy CSV: one row per keypoint of each individual at each time, the table itself as text."""

from pathlib import Path

from marey.exports.session_poses import SessionPoses
from marey.exports.text import write_rows

TOOLS = "spreadsheets, R, MATLAB, anything that reads text"
POSITIONS = "x, y and z as in Marey: in the unit of the calibration, right-handed"
CANNOT_SAY = ("unit, and the meanings of the columns (they are those of the table `poses3d`)", "provenance")
READ = ["import pandas as pd", 'table = pd.read_csv("{file}")']


def write(poses: SessionPoses, out: Path, config: dict) -> None:
    """Write all columns of the table under its names, with covariances; an empty cell is an empty value."""
    write_rows(poses, out)
