"""DeepLabCut's wide tables of predictions: their header, and the rows of a block."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow.csv import write_csv as write_rows

from marey.exports.pose_table import Block, ExportError
from marey.exports.poses import Poses
from marey.exports.text import header_line, write_options
from marey.tables.tracks import UNIQUE

SCORER = "marey"
COORDS = ("x", "y", "likelihood")
SINGLE = "single"  # DeepLabCut's individual that has what is there once in an image
TO_PIXEL_CENTRES = -0.5  # px: DeepLabCut counts pixel centres as integers

Header = list[tuple[str, ...]]


def header(poses: Poses) -> tuple[list[str], Header]:
    """Name the levels of the columns, and the columns: without individuals where there is one animal alone."""
    names = ["scorer", "individuals", "bodyparts", "coords"]
    columns = [
        (SCORER, SINGLE if poses.individuals[row] == UNIQUE else poses.individuals[row], poses.keypoints[point], coord)
        for row, point in poses.owned
        for coord in COORDS
    ]
    if len(set(columns)) < len(columns):
        raise ExportError(
            f"{poses.path}: an animal is named '{SINGLE}', as DeepLabCut calls objects and landmarks; name it otherwise"
        )
    if poses.several:
        return names, columns
    return [names[0], *names[2:]], [(scorer, *rest) for scorer, _, *rest in columns]


def values(block: Block, poses: Poses) -> np.ndarray:
    """Return the rows of a block, f32[frame, column]; NaN where there is nothing."""
    rows, points = np.array(poses.owned).T
    position = block.position[:, rows, points] + np.float32(TO_PIXEL_CENTRES)
    both = np.concatenate([position, block.confidence[:, rows, points, None]], axis=2)
    return both.reshape(len(both), -1)


def write_csv(poses: Poses, out: Path, names: list[str], columns: Header) -> None:
    """Write a table as DeepLabCut and Lightning Pose do: a line for each level, then a row for each frame."""
    fields = ["frame", *map(str, range(len(columns)))]
    with out.open("wb") as file:
        for name, level in zip(names, zip(*columns, strict=True), strict=True):
            file.write(header_line([name, *level]))
        for block in poses.blocks():
            cells = [pa.array(column, from_pandas=True) for column in values(block, poses).T]
            write_rows(pa.table([pa.array(block.frames), *cells], names=fields), file, write_options())
