"""`corners`: one row per corner of a calibration board that a camera saw."""

import pyarrow as pa

from marey.tables.columns import FRAME, column, table

CORNERS = table(
    "corners",
    [
        column("camera", pa.string(), "name of the camera"),
        FRAME,
        column("corner", pa.int64(), "inner corner of the board, row by row from its top left one, from 0"),
        column("x", pa.float64(), "column position; the corner of the image is 0", unit="px"),
        column("y", pa.float64(), "row position", unit="px"),
        column("width", pa.int64(), "width of the image", unit="px"),
        column("height", pa.int64(), "height of the image", unit="px"),
    ],
    sort=["frame", "corner"],
)
