"""Cutting videos into frame ranges that jobs analyse side by side."""

import logging
from pathlib import Path

import numpy as np

from marey.tables import files
from marey.tables import plan as plan_table
from marey.tables import probe as probe_table
from marey.tables.frames import FRAMES
from marey.tables.plan import PLAN
from marey.tables.probe import PROBE
from marey.videos.ranges import frame_range

_log = logging.getLogger(__name__)


def cut_shards(key_frames: np.ndarray, start: int, stop: int, shard_frames: int) -> list[tuple[int, int]]:
    """Cut a range of frames into shards that together cover it once.

    Each shard but the first begins with a group of frames that are followed together, close behind a key frame, and
    holds at least `shard_frames` frames; the last may hold less, but a rest of less than half of that joins the shard
    before.

    Args:
        key_frames: i64[n], the frames where decoding can start.
        start: first frame of the range.
        stop: frame after the last.
        shard_frames: the fewest frames of a shard.

    Returns:
        The shards' ranges [start, stop) in order; none for an empty range.
    """
    starts = [start] if start < stop else []
    for entry in -(-np.sort(key_frames) // plan_table.GROUP_FRAMES) * plan_table.GROUP_FRAMES:
        if starts and starts[-1] + shard_frames <= entry < stop:
            starts.append(int(entry))
    if len(starts) > 1 and 2 * (stop - starts[-1]) < shard_frames:
        starts.pop()
    return list(zip(starts, [*starts[1:], stop], strict=False))


def plan_shards(
    probes: list[Path], frames: list[Path], out: Path, *, ranges: dict[str, str], config: dict, provenance: dict
) -> None:
    """Write the `plan` table for all videos that can be analysed; videos of no usable frames have no rows.

    Args:
        probes: the videos' `probe` tables.
        frames: their `frames` tables, in the same order.
        out: the file to write.
        ranges: the column `frames` of the sheet by video, where a video has one.
        config: the block `infer`.
        provenance: kept in the table.
    """
    rows = {"video": [], "start": [], "stop": []}
    for probe_path, frames_path in zip(probes, frames, strict=True):
        probe = files.read(probe_path, PROBE).iloc[0]
        if probe["status"] not in probe_table.USABLE:
            continue
        for start, stop in video_shards(frames_path, ranges.get(probe["video"]), config["shard_frames"]):
            rows["video"].append(probe["video"])
            rows["start"].append(start)
            rows["stop"].append(stop)
    files.write(out, rows, PLAN, provenance=provenance)


def video_shards(frames_path: Path, wanted: str | None, shard_frames: int) -> list[tuple[int, int]]:
    """Cut a video into shards, of which only the frames `wanted`, 'start:stop' or None, are analysed."""
    table = files.read(frames_path, FRAMES, columns=["frame", "key_frame", "fault"])
    keys = table.loc[table["key_frame"] & ~table["fault"], "frame"].to_numpy()
    start, stop, _ = slice(*frame_range(wanted)).indices(len(table))
    if len(table) and start >= stop:
        _log.warning(
            "%s: the sheet asks for frames %s, the video has %d: none is analysed", frames_path, wanted, len(table)
        )
    return cut_shards(keys, start, stop, shard_frames)
