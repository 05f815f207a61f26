"""`sync`: one row per camera of a session and window of time: by how much it is out of step, and how sure that is."""

import pyarrow as pa

from marey.tables.columns import column, table

VERDICTS = IN_STEP, OFF_BY, CANNOT_BE_TOLD = "in step", "off by", "cannot be told"
WHOLE = 0  # the window that is the whole session


def _seconds(name: str, meaning: str, *, nullable: bool = False) -> pa.Field:
    return column(name, pa.float64(), meaning, unit="s", nullable=nullable)


def _frames(name: str, meaning: str) -> pa.Field:
    return column(name, pa.float64(), meaning, unit="frames")


def _drift(name: str, meaning: str) -> pa.Field:
    meaning = f"{meaning}; empty for parts of the session and where it has one part only"
    return column(name, pa.float64(), meaning, unit="s per hour", nullable=True)


SYNC = table(
    "sync",
    [
        column("camera", pa.string(), "name of the camera"),
        column("window", pa.int64(), "part of the session, from 1; 0 = all of it"),
        _seconds("start", "time of the session at which the part begins"),
        _seconds("stop", "time at which it ends"),
        column(
            "reference", pa.string(), "camera that the offset is relative to: the one that most others are in step with"
        ),
        _seconds("offset", "to be added to the camera's times, beyond what `cameras.offsets` adds: then it is in step"),
        _seconds("low", "lower end of what the offset lies between in 95 % of the cases"),
        _seconds("high", "upper end of it"),
        _frames("offset_frames", "the offset"),
        _frames("low_frames", "lower end of it"),
        _frames("high_frames", "upper end of it"),
        _drift("drift", "by how much the offset grows"),
        _drift("drift_low", "lower end of it"),
        _drift("drift_high", "upper end of it"),
        column("verdict", pa.string(), " | ".join(VERDICTS)),
        column("frames", pa.int64(), "frames of the camera, by their time stamps"),
        column("lost", pa.int64(), "frames that gaps between its time stamps leave out"),
        _seconds(
            "apart",
            "median of its time stamps less the reference's of the same time; empty where they share none",
            nullable=True,
        ),
        column("advice", pa.string(), "what to do; empty where there is nothing to be done", nullable=True),
    ],
    sort=["camera", "window"],
)
