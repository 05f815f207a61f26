"""`points`: one row per keypoint of each individual at each time of a session, in space, by its views at that time."""

import pyarrow as pa

from marey.tables.columns import CONFIDENCE, INDIVIDUAL, KEYPOINT, TIME, column, table

COVARIANCE = ("var_x", "cov_xy", "cov_xz", "var_y", "cov_yz", "var_z")
UPPER = ((0, 0, 0, 1, 1, 2), (0, 1, 2, 1, 2, 2))  # rows and columns of these
SESSION_FRAME = column("frame", pa.int64(), "number of the time in the session, from 0: of frames that are in step")


def place(name: str, meaning: str) -> pa.Field:
    """Describe a nullable coordinate in the unit of the calibration."""
    return column(name, pa.float32(), meaning, unit="`unit` of `cameras`", nullable=True)


def covariance() -> list[pa.Field]:
    """Describe the covariance of a position: empty where there is none."""
    unit, said = "`unit` of `cameras`, squared", "the ellipsoid of 95 % is where (p - x)' C^-1 (p - x) < 7.815"
    meanings = {"var_x": f"variance of x, in the covariance C: {said}"}
    return [
        column(name, pa.float32(), meanings.get(name, f"entry {name[4:]} of C"), unit=unit, nullable=True)
        for name in COVARIANCE
    ]


def views(name: str, meaning: str) -> pa.Field:
    """Describe a number of cameras."""
    return column(name, pa.int8(), meaning)


POINTS = table(
    "points",
    [
        SESSION_FRAME,
        TIME,
        INDIVIDUAL,
        KEYPOINT,
        place("x", "position along x; empty where too few views agree"),
        place("y", "position along y"),
        place("z", "position along z"),
        *covariance(),
        views("views_seen", "cameras that say where the keypoint is"),
        views("views_used", "those that the position comes from; 0 where there is none"),
        views("views_exchanged", "of those used: the view has left and right exchanged"),
        column("reproj_px", pa.float32(), "root mean square distance in the views used", unit="px", nullable=True),
        CONFIDENCE,  # mean over the views used
        column("noise_factor", pa.float32(), "what sigma_px was multiplied by, so that it is how far views disagree"),
        column(
            "shared_factor",
            pa.float32(),
            "what the covariance was multiplied by for errors that all views share: above 1 where views agree better "
            "with each other than sigma_px, measured against labels, says of each",
        ),
    ],
    sort=["frame"],
)
