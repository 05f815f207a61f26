"""Cutting videos into frame ranges that jobs analyse side by side."""

from pathlib import Path

import numpy as np

from marey.tables import files
from marey.tables import frames as frames_table
from marey.tables import plan as plan_table
from marey.tables import probe as probe_table


def plan(key_frames: np.ndarray, frames: int, shard_frames: int) -> list[tuple[int, int]]:
    """Frame ranges [start, stop) that together cover [0, frames) once.

    `key_frames` i64[n] are the frames where decoding can start. Each range begins with a group of frames that are
    followed together, at 0 or close behind a key frame, and holds at least `shard_frames` frames; the last may hold
    less, but a rest of less than half of that joins the range before.
    """
    starts = [0] if frames else []
    for start in -(-np.sort(key_frames) // plan_table.GROUP) * plan_table.GROUP:
        if starts and starts[-1] + shard_frames <= start < frames:
            starts.append(int(start))
    if len(starts) > 1 and 2 * (frames - starts[-1]) < shard_frames:
        starts.pop()
    return list(zip(starts, [*starts[1:], frames], strict=False))


def plan_shards(probes: list[Path], frames: list[Path], out: Path, *, config: dict, provenance: dict) -> None:
    """Write the `plan` table for all videos that can be analysed.

    `probes` and `frames` are the videos' tables in the same order; `config` is the `infer` block. Videos of no usable
    frames have no rows.
    """
    rows = {"video": [], "start": [], "stop": []}
    for probe_path, frames_path in zip(probes, frames, strict=True):
        probe = files.read(probe_path, probe_table.SCHEMA).iloc[0]
        if probe["status"] not in probe_table.USABLE or not probe["frames"]:
            continue
        table = files.read(frames_path, frames_table.SCHEMA, columns=["frame", "key_frame", "fault"])
        keys = table.loc[table["key_frame"] & ~table["fault"], "frame"].to_numpy()
        for start, stop in plan(keys, int(probe["frames"]), config["shard_frames"]):
            rows["video"].append(probe["video"])
            rows["start"].append(start)
            rows["stop"].append(stop)
    files.write(out, rows, plan_table.SCHEMA, provenance=provenance)
