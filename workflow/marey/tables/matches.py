"""`matches`: one row per track of each camera of a session: which individual it is of, over all cameras."""

import pyarrow as pa

from marey.tables.columns import column, table


def _frame(name: str, meaning: str) -> pa.Field:
    return column(name, pa.int64(), meaning, nullable=True)


DOUBT = "of the frames in which it fits `other` better than its individual"
MATCHES = table(
    "matches",
    [
        column("camera", pa.string(), "name of the camera"),
        column("track", pa.string(), "individual of the table `tracks` of the camera's video"),
        column(
            "individual",
            pa.string(),
            "name of the animal in all cameras; empty: it fits none of as many animals as there are",
            nullable=True,
        ),
        column("frames", pa.int64(), "frames in which the camera sees it"),
        column("shared", pa.float64(), "time over which it was compared with other views of its individual", unit="s"),
        column(
            "cost",
            pa.float32(),
            "distance of its keypoints from where the individual's other views allow them to be, in standard "
            "deviations of noise: 1 is what `sigma_px` says; empty: it has no other view",
            nullable=True,
        ),
        column(
            "margin",
            pa.float32(),
            "how much better it fits its individual than any other: from 1, always, to 0, or below: not at all, or "
            "nothing is known",
        ),
        column("other", pa.string(), "the individual that it fits next; empty: there is none", nullable=True),
        _frame("doubt_start", f"first {DOUBT}; empty: there are none"),
        _frame("doubt_stop", f"frame after the last {DOUBT}"),
    ],
    sort=["camera", "track"],
)
