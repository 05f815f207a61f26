"""`cameras`: one row per calibrated camera of a rig: of a session, or of all.

A point X of the world is at x = R X + t in the axes of a camera: x to the right, y down, z forward. The corner of the
image is (0, 0), and pixel centres are at integers + 0.5.
"""

import pyarrow as pa

from marey.tables.columns import column, table

MODELS = ("pinhole", "k1k2", "full", "fisheye")
INTRINSICS = ("fx", "fy", "skew", "cx", "cy")
LENS = ("k1", "k2", "p1", "p2", "k3", "k4")
ROTATION = ("rotation_x", "rotation_y", "rotation_z")
TRANSLATION = ("translation_x", "translation_y", "translation_z")


def _number(name: str, meaning: str, unit: str = "") -> pa.Field:
    return column(name, pa.float64(), meaning, unit=unit)


def _quality(name: str, kind: pa.DataType, meaning: str, unit: str = "") -> pa.Field:
    return column(name, kind, f"{meaning}; empty where the calibration was read from a file", unit=unit, nullable=True)


CAMERAS = table(
    "cameras",
    [
        column("camera", pa.string(), "name of the camera"),
        column("width", pa.int64(), "width of the image; 0: a file that was read does not say", unit="px"),
        column("height", pa.int64(), "height of the image; 0 as width", unit="px"),
        column(
            "model",
            pa.string(),
            "pinhole | k1k2 (two radial terms) | full (k1 k2 p1 p2 k3) | fisheye (k1 k2 k3 k4, of the angle)",
        ),
        _number("fx", "focal length along x", "px"),
        _number("fy", "focal length along y", "px"),
        _number("skew", "what y adds to the column: x_px = fx x + skew y + cx", "px"),
        _number("cx", "column of the principal point", "px"),
        _number("cy", "row of the principal point", "px"),
        _number("k1", "first radial term"),
        _number("k2", "second radial term"),
        _number("p1", "first tangential term"),
        _number("p2", "second tangential term"),
        _number("k3", "third radial term"),
        _number("k4", "fourth radial term of a fisheye"),
        *(_number(name, "axis of the rotation R times its angle", "rad") for name in ROTATION),
        *(_number(name, "translation t", "`unit`") for name in TRANSLATION),
        column("unit", pa.string(), "unit of the world: mm, or as the calibration says"),
        _quality("rms_px", pa.float64(), "root mean square distance of the corners from one rigid board a frame", "px"),
        _quality("rms_held_out_px", pa.float64(), "the same in frames that were held out", "px"),
        _quality("corners", pa.int64(), "corners of the board that were used"),
        _quality("rejected", pa.int64(), "corners that were left out as outliers"),
    ],
    sort=["camera"],
)
