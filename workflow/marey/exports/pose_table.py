"""A table of poses as formats write it: who is in it and when, and its poses, some frames at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marey.tables import files
from marey.tables.tracks import UNIQUE

BLOCK_POINTS = 500_000  # points of a block: 20 MB with what formats make of them
EVEN = 0.1  # of the frame interval: frames are even where no time is farther off


class ExportError(ValueError):
    """Poses or labels that a format cannot hold; the message names what is in the way, and the fix."""


@dataclass(frozen=True)
class Block:
    """The poses of the frames from `start`.

    `position` f32[frame, individual, keypoint, axis], (x, y) px or (x, y, z) in the unit of the calibration, NaN where
    there is none; `confidence` f32[frame, individual, keypoint], NaN where there is no row; `measured` bool[frame,
    individual, keypoint], False where a position is interpolated or missing; `others`, further columns that were asked
    for, f32[frame, individual, keypoint] each, NaN where they are empty.
    """

    start: int
    position: np.ndarray
    confidence: np.ndarray
    measured: np.ndarray
    others: dict[str, np.ndarray]

    @property
    def frames(self) -> np.ndarray:
        """Return the frames, i64[frame]."""
        return np.arange(self.start, self.start + len(self.position))

    @property
    def seen(self) -> np.ndarray:
        """Return where an individual has any position, bool[frame, individual]."""
        return np.isfinite(self.position[..., 0]).any(axis=2)

    @property
    def scores(self) -> np.ndarray:
        """Return the mean confidence of an individual's positions, f32[frame, individual]; 0 where it has none."""
        there = np.isfinite(self.position[..., 0])
        total = np.where(there, self.confidence, 0).sum(axis=2)
        return (total / np.maximum(there.sum(axis=2), 1)).astype(np.float32)


@dataclass(frozen=True)
class PoseTable:
    """A table of poses, of a video or of a session.

    `table` is the schema of the table at `path`; `times` f64[frame], s, of all frames; `edges` index `keypoints`;
    `provenance`: what the poses were made from.
    """

    path: Path
    table: pa.Schema
    times: np.ndarray
    keypoints: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    provenance: dict

    @cached_property
    def _found(self) -> tuple[dict[str, list[int]], tuple[int, int]]:
        """The keypoints, as indices, of each individual, and the first frame with the one after the last."""
        rows: dict[tuple[str, str], None] = {}
        start, stop = None, 0
        for batch in files.batches(self.path, self.table, ["frame", "individual", "keypoint"], rows=files.ROW_GROUP):
            pairs = pa.Table.from_batches([batch]).group_by(["individual", "keypoint"], use_threads=False).aggregate([])
            rows.update(dict.fromkeys(zip(*(pairs[name].to_pylist() for name in pairs.column_names), strict=True)))
            frames = batch["frame"].to_numpy()
            start, stop = int(frames[0]) if start is None else start, int(frames[-1]) + 1
        if start is None:  # nothing is seen in this video
            return {"animal1": list(range(len(self.keypoints)))}, (0, len(self.times))
        owned: dict[str, set[int]] = {}
        for individual, keypoint in rows:
            if keypoint not in self.keypoints:
                raise ExportError(f"{self.path}: keypoint '{keypoint}' is none of the experiment's; run it again")
            owned.setdefault(individual, set()).add(self.keypoints.index(keypoint))
        named = sorted(owned, key=lambda name: (name == UNIQUE, len(name), name))  # animal2 before animal10
        return {name: sorted(owned[name]) for name in named}, (start, stop)

    @property
    def axes(self) -> tuple[str, ...]:
        """Return the axes of positions, x and y, and z where they are in space."""
        return tuple(axis for axis in "xyz" if axis in self.table.names)

    @property
    def individuals(self) -> tuple[str, ...]:
        """Return the individuals, objects and landmarks (`unique`) last; one where nobody is ever seen."""
        return tuple(self._found[0])

    @property
    def owned(self) -> list[tuple[int, int]]:
        """List whose each point is, as indices (individual, keypoint): objects belong to no animal."""
        return [(row, keypoint) for row, points in enumerate(self._found[0].values()) for keypoint in points]

    @property
    def several(self) -> bool:
        """Return whether there is more than one animal, or objects beside it."""
        return len(self.individuals) > 1

    @property
    def span(self) -> tuple[int, int]:
        """Return the first frame with poses and the one after the last."""
        return self._found[1]

    @property
    def rate(self) -> float | None:
        """Return the frames per second from the first pose to the last; None where frames are not even in time."""
        start, stop = self.span
        times = self.times[start:stop] if stop - start > 1 else self.times  # one frame alone has no rate
        if len(times) < 2 or times[-1] <= times[0]:
            return None
        rate = (len(times) - 1) / (times[-1] - times[0])
        even = times[0] + np.arange(len(times)) / rate
        return float(f"{rate:.12g}") if np.abs(times - even).max() * rate <= EVEN else None

    def blocks(self, start: int = 0, stop: int | None = None, *, others: Sequence[str] = ()) -> Iterator[Block]:
        """Read the poses in blocks.

        Args:
            start: first frame.
            stop: the frame after the last; None: all to the end.
            others: further columns, of numbers.

        Returns:
            An iterator over blocks, that together have all these frames.
        """
        stop = len(self.times) if stop is None else stop
        step = max(1, BLOCK_POINTS // (len(self.individuals) * len(self.keypoints)))
        names = ["frame", "individual", "keypoint", *self.axes, "confidence", *others]
        names += ["state"] if "state" in self.table.names else []
        tables = files.whole_frames(self.path, self.table, names, rows=files.ROW_GROUP)
        table = next(tables, None)
        for first in range(start, stop, step):
            last = min(first + step, stop)
            shape = (last - first, len(self.individuals), len(self.keypoints))
            position, confidence, *further = (
                np.full(size, np.nan, np.float32) for size in ((*shape, len(self.axes)), shape, *[shape] * len(others))
            )
            named = dict(zip(others, further, strict=True))
            block = Block(first, position, confidence, np.zeros(shape, bool), named)
            while table is not None:
                begin, end = np.searchsorted(table["frame"].to_numpy(), [first, last])
                self._fill(block, table.slice(begin, end - begin))
                if end < len(table):
                    table = table.slice(end)
                    break
                table = next(tables, None)
            yield block

    def _fill(self, block: Block, table: pa.Table) -> None:
        at = (
            table["frame"].to_numpy() - block.start,
            pc.index_in(table["individual"], value_set=pa.array(self.individuals)).to_numpy(),
            pc.index_in(table["keypoint"], value_set=pa.array(self.keypoints)).to_numpy(),
        )
        block.position[at] = np.stack([table[axis].to_numpy() for axis in self.axes], axis=1)
        block.confidence[at] = table["confidence"].to_numpy()
        for name, values in block.others.items():
            values[at] = table[name].to_numpy()
        block.measured[at] = np.isfinite(block.position[at][:, 0])
        if "state" in table.column_names:
            block.measured[at] &= pc.equal(table["state"], "measured").to_numpy()
