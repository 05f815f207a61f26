"""Tidy CSV: one row per keypoint of each individual in each frame, the table itself as text."""

from pathlib import Path

from marey.exports.poses import Poses
from marey.exports.text import write_rows

TOOLS = "spreadsheets, R, MATLAB, anything that reads text"
PIXELS = "x and y as in Marey: px of the video, the corner of the image is (0, 0), pixel centres at integers + 0.5"
CANNOT_SAY = ("units and meanings of the columns (they are those of the table `smoothed` or `tracks`)", "provenance")
READ = ["import pandas as pd", 'table = pd.read_csv("{file}")']


def write(poses: Poses, out: Path, config: dict) -> None:
    """Write all columns of the table under its names; an empty cell is an empty value."""
    write_rows(poses, out)
