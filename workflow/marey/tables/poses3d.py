"""`poses3d`: one row per keypoint of each individual at each time of a session, in space, by all times together."""

import pyarrow as pa

from marey.tables.columns import CONFIDENCE, INDIVIDUAL, KEYPOINT, TIME, column, table
from marey.tables.points import SESSION_FRAME, covariance, place, views

STATES = ("measured", "bridged", "gap")

POSES3D = table(
    "poses3d",
    [
        SESSION_FRAME,
        TIME,
        INDIVIDUAL,
        KEYPOINT,
        place("x", "position along x; empty in a gap"),
        place("y", "position along y"),
        place("z", "position along z"),
        *covariance(),
        views("views_used", "cameras that agree with the position: one is enough, since the motion says the rest"),
        column("reproj_px", pa.float32(), "root mean square distance in the views used", unit="px", nullable=True),
        CONFIDENCE,  # mean over the views used
        column("state", pa.string(), "measured | bridged (a short gap) | gap (too long to bridge, or never seen)"),
    ],
    sort=["frame"],
    empty={"x": {"state": ["gap"]}},
)
