"""anipose's CSV of poses in space: a row for each time, and for each keypoint `_x _y _z _error _ncams _score`.

`_error` is the root mean square distance in the images, px, over the `_ncams` cameras that the position comes from, and
`fnum` the number of the time. `M_00` to `M_22` and `center_0` to `center_2` turn positions back to the world of the
calibration, as anipose does with them: here they change nothing. anipose knows one animal: of several, keypoints are
called `<animal>_<keypoint>`.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow.csv import write_csv

from marey.exports.pose_table import Block, ExportError
from marey.exports.session_poses import SessionPoses
from marey.exports.text import header_line, write_options

TOOLS = "anipose, movement, pandas"
POSITIONS = "x, y and z as in Marey: in the unit of the calibration, right-handed"
CANNOT_SAY = (
    "unit",
    "covariances",
    "state (measured or bridged)",
    "time",
    "individuals, but as the beginnings of the names of keypoints",
)
READ = [
    "from movement.io import load_dataset",
    'poses = load_dataset("{file}", source_software="Anipose", fps=30)',
]
COLUMNS = ("x", "y", "z", "error", "ncams", "score")
WORLD = {f"M_{row}{column}": float(row == column) for row in range(3) for column in range(3)}
WORLD |= {f"center_{axis}": 0.0 for axis in range(3)}


def write(poses: SessionPoses, out: Path, config: dict) -> None:
    """Write all times; an empty cell is no position."""
    names = list(_names(poses))
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ExportError(f"{poses.path}: two keypoints would be named '{twice}' in anipose's CSV; rename one")
    columns = [f"{name}_{column}" for name in names for column in COLUMNS]
    with out.open("wb") as file:
        file.write(header_line([*columns, *WORLD, "fnum"]))
        for block in poses.blocks(others=("reproj_px", "views_used")):
            write_csv(_rows(block, poses, columns), file, write_options())


def _names(poses: SessionPoses) -> Iterator[str]:
    for row, point in poses.owned:
        keypoint = poses.keypoints[point]
        yield f"{poses.individuals[row]}_{keypoint}" if poses.several else keypoint


def _rows(block: Block, poses: SessionPoses, columns: list[str]) -> pa.Table:
    """Return the rows of a block, in the order of the columns."""
    there = np.isfinite(block.position[..., 0])
    parts = [block.position, *(block.others[name][..., None] for name in ("reproj_px", "views_used"))]
    values = np.concatenate([*parts, np.where(there, block.confidence, np.nan)[..., None]], axis=-1)
    individual, keypoint = np.array(poses.owned).T
    values = values[:, individual, keypoint].reshape(len(values), -1)
    cells = {name: pa.array(values[:, at], from_pandas=True) for at, name in enumerate(columns)}
    for at, name in enumerate(columns):
        if name.endswith("_ncams"):
            cells[name] = pa.array(np.nan_to_num(values[:, at]).astype(np.int8))
    world = {name: pa.array(np.full(len(values), value)) for name, value in WORLD.items()}
    return pa.table({**cells, **world, "fnum": block.frames})
