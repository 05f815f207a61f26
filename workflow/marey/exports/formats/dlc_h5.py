"""DeepLabCut's HDF5 of predictions: the data frame `df_with_missing`, a row for each frame of the video.

Its columns have 3 levels for one animal and 4 for several; objects and landmarks are of the individual `single`.
"""

from pathlib import Path

import pandas as pd

from marey.exports.formats import _dlc
from marey.exports.poses import Poses

TOOLS = "DeepLabCut and what reads its files: SimBA, movement, Keypoint-MoSeq, B-SOiD"
PIXELS = "x - 0.5 and y - 0.5: pixel centres are integers"
CANNOT_SAY = ("time", "sigma_px", "state (measured or interpolated)", "raw positions", "skeleton", "provenance")
READ = ["import pandas as pd", 'table = pd.read_hdf("{file}")']
KEY = "df_with_missing"


def write(poses: Poses, out: Path, config: dict) -> None:
    """Write all frames of the video from 0, so that a row's number is its frame; NaN where there is nothing."""
    names, columns = _dlc.header(poses)
    index = pd.MultiIndex.from_tuples(columns, names=names)
    with pd.HDFStore(out, mode="w", complevel=1, complib="zlib") as store:
        for block in poses.blocks():
            rows = pd.DataFrame(_dlc.values(block, poses), index=block.frames, columns=index)
            store.append(KEY, rows, format="table", index=False)
