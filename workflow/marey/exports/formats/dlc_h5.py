"""DeepLabCut's HDF5 of predictions: the data frame `df_with_missing`, a row for each frame of the video.

Its columns have 3 levels for one animal and 4 for several; objects and landmarks are of the individual `single`.
"""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd

from marey.exports.formats import _dlc
from marey.exports.pose_table import ExportError
from marey.exports.poses import Poses

TOOLS = "DeepLabCut and what reads its files: SimBA, movement, Keypoint-MoSeq, B-SOiD"
PIXELS = "x - 0.5 and y - 0.5: pixel centres are integers"
CANNOT_SAY = ("time", "sigma_px", "state (measured or interpolated)", "raw positions", "skeleton", "provenance")
READ = ["import pandas as pd", 'table = pd.read_hdf("{file}")']
KEY = "df_with_missing"
MAX_HEADER = 50_000  # bytes of a header as PyTables pickles it: HDF5 holds no attribute of 64 kB
MAX_TABLE = 10**9  # bytes of a table that cannot be appended to


def write(poses: Poses, out: Path, config: dict) -> None:
    """Write all frames of the video from 0, so that a row's number is its frame; NaN where there is nothing."""
    names, columns = _dlc.header(poses)
    index = pd.MultiIndex.from_tuples(columns, names=names)
    tables = (pd.DataFrame(_dlc.values(block, poses), index=block.frames, columns=index) for block in poses.blocks())
    with pd.HDFStore(out, mode="w", complevel=1, complib="zlib") as store:
        if len(pickle.dumps(columns, protocol=0)) <= MAX_HEADER:
            for table in tables:
                store.append(KEY, table, format="table", index=False)
            return
        size = len(poses.times) * len(columns) * np.dtype(np.float32).itemsize
        if size > MAX_TABLE:
            raise ExportError(
                f"{poses.path}: {len(poses.individuals)} tracks make a table of {len(columns)} columns, too wide for "
                "DeepLabCut's HDF5. Say in `animals.number` how many animals there are, or take dlc.csv"
            )
        store.put(KEY, pd.concat(tables), format="fixed", track_times=False)
