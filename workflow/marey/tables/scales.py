"""`scales`: one row per scale at which a model of another experiment looked at a video, or its labelled frames.

One of each video is used.
"""

from collections.abc import Sequence
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
        column(
            "source",
            pa.string(),
            "measured (in these images) | config (`model.scale`) | others (labelled frames that do not show it are "
            "seen at the median scale of other videos)",
        ),
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
    sort=["video", "scale"],
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


def frame_scales(path: Path | None, videos: Sequence[str]) -> list[Scale]:
    """Read how each labelled frame is analysed, by its video; without a table `scales`, at the model's own scale."""
    if path is None:
        return [Scale()] * len(videos)
    rows = files.read(path, SCALES, ["video", "used", *Scale._fields]).query("used").set_index("video")
    return list(map(Scale._make, rows.loc[list(videos), list(Scale._fields)].to_numpy().tolist()))
