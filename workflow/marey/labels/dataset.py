"""Labelled frames: reading the table `dataset`, with its images one by one.

Images stay encoded in the table until one is asked for: thousands of large frames do not fit in memory.
"""

import bisect
import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from marey.pictures.encoding import decode
from marey.tables import files, labels
from marey.tables.dataset import DATASET
from marey.tables.splits import SPLITS

# Of the distances of two keypoints: one label in a hundred may be a fault. An animal 1.25 times as long is within
# reach, and so is a place that is off by a quarter of an animal. Few labels show little of what an animal can do: with
# four of one burst, and no more room than with many, up to 60 % of the demo's frames had labels out of reach.
REACH_QUANTILE, REACH_MARGIN, REACH_ROOM, REACH_OF_FEW = 0.99, 1.25, 0.25, 2.0
VISIBILITY_CODES = {name: code for code, name in enumerate(labels.VISIBILITIES)}


class DatasetError(ValueError):
    """Labels and images do not make a data set; the message names the frame and the fix."""


class Pictures(Sequence):
    """The images of a `dataset` table, u8[height, width, 3] RGB, read and decoded whenever one is asked for.

    Threads may share one. `shapes` holds (height, width) of each, px, without reading it.
    """

    def __init__(self, path: Path, shapes: list[tuple[int, int]]):
        self.shapes = shapes
        self._file = files.open_table(path, DATASET)
        metadata = self._file.metadata
        rows = (metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))
        self._starts = list(itertools.accumulate(rows, initial=0))
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.shapes)

    def __getitem__(self, index):
        """Decode an image, or a slice of them."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index = int(index) % len(self)
        group = bisect.bisect_right(self._starts, index) - 1
        with self._lock:
            column = self._file.read_row_group(group, columns=["image"])["image"]
        return decode(column[index - self._starts[group]].as_py())


@dataclass(frozen=True)
class LabelledFrames:
    """Labelled frames, in the order of the table.

    `images` are u8[height, width, 3] RGB; `points` f32[frame, individual, keypoint, 2], (x, y) px of the original
    image, NaN where there is no position; `visibility` i8[frame, individual, keypoint], index into VISIBILITIES.
    """

    video: list[str]
    frame: np.ndarray
    images: Sequence[np.ndarray]
    individuals: list[list[str]]
    points: np.ndarray
    visibility: np.ndarray

    def __len__(self) -> int:
        return len(self.images)


def load_dataset(path: Path, *, keypoints: int | None = None) -> LabelledFrames:
    """Load the table `dataset`, its images only when asked for; frames with fewer animals than others get absent ones.

    Without the number of `keypoints`, there are as many as the labels of the first frame have.
    """
    rows = files.read(path, DATASET, [name for name in DATASET.names if name != "image"])
    most = max(len(names) for names in rows["individuals"])
    keypoints = keypoints or len(rows["visibility"][0]) // len(rows["individuals"][0])
    points = np.full((len(rows), most, keypoints, 2), np.nan, np.float32)
    visibility = np.full((len(rows), most, keypoints), VISIBILITY_CODES["absent"], np.int8)
    for index, row in enumerate(rows.itertuples()):
        points[index, : len(row.individuals)] = row.points.reshape(-1, keypoints, 2)
        visibility[index, : len(row.individuals)] = row.visibility.reshape(-1, keypoints)
    return LabelledFrames(
        video=rows["video"].tolist(),
        frame=rows["frame"].to_numpy(),
        images=Pictures(path, list(zip(rows["height"], rows["width"], strict=True))),
        individuals=[list(names) for names in rows["individuals"]],
        points=points,
        visibility=visibility,
    )


def identity_codes(labelled: LabelledFrames, names: Sequence[str], *, unique: Sequence[int] = ()) -> np.ndarray:
    """Return who each labelled animal is, i32[frame, individual], as an index into `names`.

    len(names) = another animal; -1 = no animal. `unique`: keypoints of no animal. Raises DatasetError where nobody is
    labelled under one of the names.
    """
    known = sorted({name for frame in labelled.individuals for name in frame})
    for name in names:
        if name not in known:
            raise DatasetError(
                f"animals.identities: no animal is labelled as '{name}'; labelled are {', '.join(known)}. "
                "Correct the name, or label this animal."
            )
    code = {name: number for number, name in enumerate(names)}
    result = np.full(labelled.points.shape[:2], -1, np.int32)
    for row, frame in enumerate(labelled.individuals):
        result[row, : len(frame)] = [code.get(name, len(names)) for name in frame]
    own = np.delete(labelled.points, list(unique), axis=2)
    return np.where(np.isfinite(own).all(axis=-1).any(axis=-1), result, -1)


def extent(points: np.ndarray) -> float:
    """Measure how large animals look, px: the side of the box about the keypoints that 95 % of them do not exceed.

    The larger side of each box counts. `points` f32[frame, individual, keypoint, 2], px; NaN where there is no
    position. 0 where no animal has any.
    """
    there = points[np.isfinite(points).any(axis=(2, 3))]
    if not len(there):
        return 0.0
    return float(np.quantile((np.nanmax(there, axis=1) - np.nanmin(there, axis=1)).max(axis=1), 0.95))


def reach(points: np.ndarray) -> np.ndarray:
    """Measure how far apart each two keypoints of an animal can be, px: f64[keypoint, keypoint]; NaN = not known.

    Nearly the largest distance that is labelled, with room for animals that stretch more, or are larger. `points`
    f32[frame, individual, keypoint, 2], px; NaN where there is no position.
    """
    each = points.reshape(-1, *points.shape[2:]).astype(np.float64)
    result, room = np.full((points.shape[2],) * 2, np.nan), REACH_ROOM * extent(points)
    for first, second in itertools.combinations(range(points.shape[2]), 2):
        apart = np.linalg.norm(each[:, first] - each[:, second], axis=-1)
        apart = apart[np.isfinite(apart)]
        if len(apart):
            margin = REACH_MARGIN + REACH_OF_FEW / len(apart)
            result[first, second] = result[second, first] = margin * np.quantile(apart, REACH_QUANTILE) + room
    return result


def frame_parts(path: Path, labelled: LabelledFrames, *, fold: int) -> pd.DataFrame:
    """Read the columns `part` and `group` of the table `splits` for one `fold`: a row for each frame of `labelled`."""
    table = files.read(path, SPLITS)
    table = table[table["fold"] == fold].set_index(["video", "frame"])
    return table.loc[list(zip(labelled.video, labelled.frame, strict=True)), ["part", "group"]].reset_index(drop=True)
