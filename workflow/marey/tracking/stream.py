"""The table `poses` as poses, block by block: what tracking reads and names without holding a video in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marey.tables import appearances, files, poses
from marey.tables.appearances import APPEARANCES
from marey.tables.embeddings import EMBEDDINGS
from marey.tables.poses import POSES
from marey.tracking.instances import Instances
from marey.tracking.likeness import Appearance

ROWS_AT_ONCE = 100_000  # of the table, read at once
POSITION_COLUMNS = ("x", "y")
VALUE_COLUMNS = (*POSITION_COLUMNS, "confidence", "sigma_px")


@dataclass(frozen=True)
class Block:
    """Poses of some whole frames, in order of frames.

    `frame` i64[n]; `instance` i16[n]; `values` f32[n, keypoint, column], NaN = no such row; `fault` bool[n] or None.
    """

    frame: np.ndarray
    instance: np.ndarray
    values: np.ndarray
    fault: np.ndarray | None

    @property
    def points(self) -> np.ndarray:
        """Return the positions, f32[n, keypoint, 2], (x, y) px, NaN = unseen."""
        return self.values[..., :2]


@dataclass(frozen=True)
class PoseSurvey:
    """What is in the table.

    `video`: id, '' of an empty table; `shown` bool[2, keypoint]: which keypoints animals have, and which
    UNIQUE_INSTANCE has; `unique`: the first and the last frame of the latter, or None; `stop`: the last frame + 1.
    """

    video: str
    shown: np.ndarray
    unique: tuple[int, int] | None
    stop: int


class PoseTable:
    """The table `poses` of a video. As a source for `track` it gives the poses of animals that show a point.

    `single`: there is one animal, and all of instance 0 is taken. `rows` of the table are read at once. Raises
    TableError where a keypoint is not one of `keypoints` or a frame comes after a later one.
    """

    def __init__(self, path: Path, keypoints: list[str], *, single: bool, rows: int = ROWS_AT_ONCE):
        self.path, self.keypoints, self.single, self.rows = path, keypoints, single, rows

    def survey(self) -> PoseSurvey:
        """Read the table once and say what is in it."""
        columns = ["video", "frame", "instance", "keypoint"]
        video, unique, stop, shown = "", None, 0, np.zeros((2, len(self.keypoints)), bool)
        for batch in files.batches(self.path, POSES, columns, rows=self.rows):
            video, frame = batch["video"][0].as_py(), batch["frame"].to_numpy()
            stop = max(stop, int(frame.max()) + 1)
            alone = batch["instance"].to_numpy() == poses.UNIQUE_INSTANCE
            shown[alone.astype(int), self._codes(batch)] = True
            if alone.any():
                first, last = int(frame[alone].min()), int(frame[alone].max())
                unique = (min(unique[0], first) if unique else first, last)
        return PoseSurvey(video, shown, unique, stop)

    def blocks(self) -> Iterator[Instances]:
        """Yield the poses of animals, block by block."""
        for block in self.whole(POSITION_COLUMNS):
            chosen = self.animals(block)
            yield Instances(block.frame[chosen], block.points[chosen])

    def animals(self, block: Block) -> np.ndarray:
        """Return which poses of a block `blocks` gives, bool[n]."""
        if self.single:
            return block.instance == 0
        return (block.instance > poses.UNIQUE_INSTANCE) & np.isfinite(block.points).all(axis=-1).any(axis=-1)

    def whole(self, values: tuple[str, ...] = VALUE_COLUMNS) -> Iterator[Block]:
        """Yield all poses, those of UNIQUE_INSTANCE too, block by block.

        `values`: some of the columns VALUES; `fault` is there where all are asked for.
        """
        columns = ["frame", "instance", "keypoint", *values, *(["fault"] if values == VALUE_COLUMNS else [])]
        for table in files.whole_frames(self.path, POSES, columns, rows=self.rows):
            yield self._block(table, values)

    def _codes(self, rows: pa.RecordBatch | pa.Table) -> np.ndarray:
        codes = pc.index_in(rows["keypoint"], value_set=pa.array(self.keypoints, pa.string()))
        if codes.null_count:
            strange = rows["keypoint"][pc.index(pc.is_null(codes), True).as_py()].as_py()
            raise files.TableError(
                f"{self.path}: keypoint '{strange}' is not one of {', '.join(self.keypoints)}. Delete it and run again."
            )
        return codes.to_numpy()

    def _block(self, table: pa.Table, values: tuple[str, ...]) -> Block:
        frame, instance = table["frame"].to_numpy(), table["instance"].to_numpy()
        key = (frame << 16) + instance
        if (np.diff(key) < 0).any():  # rows of a frame in another order
            order = np.argsort(key, kind="stable")
            return self._block(table.take(order), values)
        begin = np.append(True, np.diff(key) > 0)
        pose = np.cumsum(begin) - 1
        cells = np.full((pose[-1] + 1, len(self.keypoints), len(values)), np.nan, np.float32)
        place = pose * len(self.keypoints) + self._codes(table)
        for index, name in enumerate(values):
            cells.reshape(-1, len(values))[place, index] = table[name].to_numpy()
        first = np.flatnonzero(begin)
        fault = table["fault"].to_numpy()[first] if "fault" in table.column_names else None
        return Block(frame[first], instance[first], cells, fault)


@dataclass(frozen=True)
class Appearances:
    """The table `appearances` of a video, or `embeddings`; every iteration reads all of it, `rows` rows at once."""

    path: Path
    rows: int = ROWS_AT_ONCE
    schema: pa.Schema = APPEARANCES

    def __iter__(self) -> Iterator[Appearance]:
        vector, more = ("embedding", ["trained"]) if self.schema is EMBEDDINGS else ("appearance", [])
        with files.open_table(self.path, self.schema) as file:
            for batch in file.iter_batches(self.rows, columns=["frame", vector, *more], use_threads=False):
                trained = (batch[name].to_numpy(zero_copy_only=False) for name in more)
                yield Appearance(batch["frame"].to_numpy(), appearances.matrix(batch[vector]), *trained)
