"""DeepLabCut's CSV of predictions: a row for each frame of the video, three columns for each keypoint.

There are 3 header rows for one animal and 4 for several; objects and landmarks are of the individual `single`.
"""

from pathlib import Path

from marey.exports.formats import _dlc
from marey.exports.poses import Poses

TOOLS = "DeepLabCut and what reads its files: SimBA, movement, Keypoint-MoSeq, B-SOiD"
PIXELS = "x - 0.5 and y - 0.5: pixel centres are integers"
CANNOT_SAY = ("time", "sigma_px", "state (measured or interpolated)", "raw positions", "skeleton", "provenance")
READ = [
    "import pandas as pd",
    'table = pd.read_csv("{file}", header=[0, 1, 2], index_col=0)  # [0, 1, 2, 3] for several',
]


def write(poses: Poses, out: Path, config: dict) -> None:
    """Write all frames of the video from 0, so that a row's number is its frame; empty where there is nothing."""
    _dlc.write_csv(poses, out, *_dlc.header(poses))
