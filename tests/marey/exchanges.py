"""A made video of two animals that pass each other, with tables `frames`, `smoothed` and `review`."""

from pathlib import Path

import numpy as np
import pandas as pd

from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.review import REVIEW
from marey.tables.smoothed import SMOOTHED

GREY, COUNT, SHAPE = 120, 150, (120, 160, 3)
PASSING = 75  # the frame in which animal1, coming from the left, meets animal2, coming from the right


def write(folder: Path, moments: list[tuple[int, str, str, float]]) -> tuple[Path, Path, Path]:
    """Write the tables to `folder`; `moments`: frame, first, second, probability, likeliest first. Returns their paths.

    150 frames at 30 frames/s. Noses walk from x = 30 to 130 and back, y = 60; tails are 10 px behind.
    """
    frame = np.arange(COUNT)
    rows = {"video": "v", "frame": frame, "time": frame / 30, "pts": frame, "key_frame": True, "fault": False}
    rows |= {"digest": 0, "thumbnail": None, "look": b""}
    files.write(folder / "f.parquet", pd.DataFrame(rows), FRAMES)
    parts = []
    for name, way in (("animal1", 1), ("animal2", -1)):
        nose = 80 + way * (frame - PASSING) * (50 / PASSING)
        for keypoint, x in (("nose", nose), ("tail", nose - 10 * way)):
            part = {"video": "v", "frame": frame, "time": frame / 30, "individual": name, "keypoint": keypoint, "x": x}
            parts.append(pd.DataFrame({**part, "y": 60.0, "raw_x": x, "raw_y": 60.0}))
    table = pd.concat(parts).assign(confidence=1.0, sigma_px=2.0, state="measured").sort_values("frame", kind="stable")
    files.write(folder / "s.parquet", table, SMOOTHED)
    found = pd.DataFrame(moments, columns=["frame", "first", "second", "probability"])
    found = found.assign(rank=np.arange(1, len(found) + 1), video="v", time=found["frame"] / 30, x=80.0, y=60.0)
    files.write(folder / "r.parquet", found, REVIEW)
    return folder / "f.parquet", folder / "s.parquet", folder / "r.parquet"


def reader(*, lost: tuple[int, ...] = (), reads: list[tuple[int, int]] | None = None):
    """A stand-in for `videos.read_frames`: grey pictures, None in `lost`; notes in `reads` what it was asked for."""

    def read_frames(path, start, stop, *, frames):
        if reads is not None:
            reads.append((start, stop))
        for index in range(start, stop):
            yield index, None if index in lost else np.full(SHAPE, GREY, np.uint8)

    return read_frames
