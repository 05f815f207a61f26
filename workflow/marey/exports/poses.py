"""The poses of a video as formats write them: what is known of the video, and its poses, some frames at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.probe import PROBE
from marey.tables.smoothed import SMOOTHED
from marey.tables.tracks import TRACKS, UNIQUE

SOURCES = {"smoothed": SMOOTHED, "tracks": TRACKS}
BLOCK_POINTS = 500_000  # points of a block: 20 MB with what formats make of them
EVEN = 0.1  # of the frame interval: frames are even where no time is farther off


class ExportError(ValueError):
    """Poses or labels that a format cannot hold; the message names what is in the way, and the fix."""


@dataclass(frozen=True)
class Block:
    """The poses of the frames from `start`.

    `position` f32[frame, individual, keypoint, 2], (x, y) px, NaN where there is none; `confidence` f32[frame,
    individual, keypoint], NaN where there is no row; `measured` bool[frame, individual, keypoint], False where a
    position is interpolated or missing.
    """

    start: int
    position: np.ndarray
    confidence: np.ndarray
    measured: np.ndarray

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
class Poses:
    """The poses of a video.

    `table` is the table at `path`; `video` the id, and `file` the path relative to the data folder; `size` (width,
    height) px; `times` f64[frame], s, of all frames of the video; `edges` and `pairs` (of mirror images) index
    `keypoints`; `provenance`: what the poses were made from.
    """

    path: Path
    table: pa.Schema
    video: str
    file: str
    size: tuple[int, int]
    times: np.ndarray
    keypoints: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    pairs: tuple[tuple[int, int], ...]
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

    def blocks(self, start: int = 0, stop: int | None = None) -> Iterator[Block]:
        """Read the poses of all frames from `start` to before `stop`, of the whole video by default, in blocks."""
        stop = len(self.times) if stop is None else stop
        step = max(1, BLOCK_POINTS // (len(self.individuals) * len(self.keypoints)))
        names = ["frame", "individual", "keypoint", "x", "y", "confidence"]
        names += ["state"] if "state" in self.table.names else []
        tables = files.whole_frames(self.path, self.table, names, rows=files.ROW_GROUP)
        table = next(tables, None)
        for first in range(start, stop, step):
            last = min(first + step, stop)
            shape = (last - first, len(self.individuals), len(self.keypoints))
            block = Block(
                first,
                np.full((*shape, 2), np.nan, np.float32),
                np.full(shape, np.nan, np.float32),
                np.zeros(shape, bool),
            )
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
        block.position[at] = np.stack([table["x"].to_numpy(), table["y"].to_numpy()], axis=1)
        block.confidence[at] = table["confidence"].to_numpy()
        block.measured[at] = np.isfinite(block.position[at][:, 0])
        if "state" in table.column_names:
            block.measured[at] &= pc.equal(table["state"], "measured").to_numpy()


def read_poses(
    path: Path, probe: Path, frames: Path, *, skeleton: tuple[tuple, tuple, tuple], provenance: dict
) -> Poses:
    """Open the poses of a video.

    Args:
        path: the table `smoothed` or `tracks`, in a folder of its name.
        probe: the video's table `probe`.
        frames: the video's table `frames`.
        skeleton: keypoints, edges and mirror pairs (as indices).
        provenance: what the export is made from.

    Returns:
        The poses, of which nothing but the first frames is read yet.
    """
    video = files.read(probe, PROBE).iloc[0]
    return Poses(
        path=Path(path),
        table=SOURCES[Path(path).parent.name],
        video=video["video"],
        file=video["path"],
        size=(int(video["width"]), int(video["height"])),
        times=files.read(frames, FRAMES, ["time"])["time"].to_numpy(),
        keypoints=tuple(skeleton[0]),
        edges=tuple(skeleton[1]),
        pairs=tuple(skeleton[2]),
        provenance=provenance,
    )
