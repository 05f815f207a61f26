"""`scales`: one row per scale at which a video was looked at by a model of another experiment; one of them is used."""

from pathlib import Path

import pyarrow as pa

from marey.tables import files
from marey.tables.columns import VIDEO, column, table

SCALES = table(
    "scales",
    [
        VIDEO,
        column("scale", pa.float64(), "px of the network per px of the video"),
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


def used_scale(path: Path | None) -> float | None:
    """Read which scale a video is analysed at; None without a table `scales`: that of the model."""
    if path is None:
        return None
    rows = files.read(path, SCALES, ["scale", "used"])
    return float(rows.loc[rows["used"], "scale"].iloc[0])
