"""`scales`: one row per scale at which a video was looked at by a model of another experiment; one of them is used."""

from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from marey.tables import files
from marey.tables.columns import VIDEO, column, table

SCALES = table(
    "scales",
    [
        VIDEO,
        column("scale", pa.float64(), "px of the network per px of the video"),
        column(
            "magnification", pa.float64(), "px of the video per px of those that trained the model, of equal animals"
        ),
        column("used", pa.bool_(), "the video is analysed at this one"),
        column("source", pa.string(), "measured (in the video) | config (`model.scale`)"),
        column(
            "confidence",
            pa.float64(),
            "raw confidence of the keypoints of an animal, the mean over the half of the frames where it is highest",
        ),
        column("size", pa.float64(), "longer side of the box about an animal, its median", unit="px", nullable=True),
        column("size_spread", pa.float64(), "standard deviation of log2 of that between frames", nullable=True),
        column("frames", pa.int64(), "frames that were looked at"),
        column("sized_frames", pa.int64(), "those with an animal that can be measured"),
    ],
    sort=["scale"],
)


class Scale(NamedTuple):
    """Say how a video is analysed: its columns `scale`, None for the model's own, and `magnification`."""

    scale: float | None = None
    magnification: float = 1.0


def used_scale(path: Path | None) -> Scale:
    """Read which scale a video is analysed at; without a table `scales`, the model's own."""
    if path is None:
        return Scale()
    rows = files.read(path, SCALES, ["used", *Scale._fields])
    return Scale(*rows.loc[rows["used"], list(Scale._fields)].iloc[0].tolist())
