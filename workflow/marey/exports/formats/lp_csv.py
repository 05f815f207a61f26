"""Lightning Pose's CSV of predictions: DeepLabCut's table of one animal.

Lightning Pose knows one animal in a frame. Of several, each keypoint is named `<individual>_<keypoint>`, as it has them
for animals that can be told apart.
"""

from pathlib import Path

from marey.exports.formats import _dlc
from marey.exports.pose_table import ExportError
from marey.exports.poses import Poses
from marey.tables.tracks import UNIQUE

TOOLS = "Lightning Pose, its app and the Ensemble Kalman Smoother; movement"
PIXELS = "x - 0.5 and y - 0.5: pixel centres are integers"
CANNOT_SAY = (
    "individuals, but by the names of keypoints",
    "time",
    "sigma_px",
    "state (measured or interpolated)",
    "raw positions",
    "skeleton",
    "provenance",
)
READ = ["import pandas as pd", 'table = pd.read_csv("{file}", header=[0, 1, 2], index_col=0)']
SCORER = "heatmap_tracker"  # as Lightning Pose has it


def write(poses: Poses, out: Path, config: dict) -> None:
    """Write all frames of the video from 0; raises ExportError where two keypoints would have one name."""
    names = [_name(poses, row, point) for row, point in poses.owned]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ExportError(f"{poses.path}: two keypoints would be named '{twice}'; rename an animal or a keypoint")
    columns = [(SCORER, name, coord) for name in names for coord in _dlc.COORDS]
    _dlc.write_csv(poses, out, ["scorer", "bodyparts", "coords"], columns)


def _name(poses: Poses, row: int, point: int) -> str:
    individual, keypoint = poses.individuals[row], poses.keypoints[point]
    return f"{individual}_{keypoint}" if poses.several and individual != UNIQUE else keypoint
