"""From shards of detections to the poses of a whole video, each frame exactly once."""

from pathlib import Path

import numpy as np
import pandas as pd

from marey import calibration
from marey.sheet import frame_range
from marey.tables import calibration as calibration_table
from marey.tables import detections, files, poses
from marey.tables import frames as frames_table


class CoverageError(ValueError):
    """The shards of a video do not hold each of its frames exactly once; the message names frame and shard."""


def assemble_video(
    shards: list[Path],
    frames_path: Path,
    calibration_path: Path,
    out: Path,
    *,
    keypoints: list[str],
    frames: str | None,
    provenance: dict,
) -> None:
    """Write the `poses` table of a video: its shards in order, calibrated, with times, streamed shard by shard.

    `frames` 'start:stop' limits what is due to a part of the video.
    """
    times = files.read(frames_path, frames_table.SCHEMA, ["frame", "time"])["time"].to_numpy()
    curves = files.read(calibration_path, calibration_table.SCHEMA)
    if not shards:
        raise CoverageError(f"{out}: no shards; the plan lists none for this video")
    expected, stop, _ = slice(*frame_range(frames)).indices(len(times))
    with files.writer(out, poses.SCHEMA, provenance=provenance) as write:
        for path in sorted(shards, key=_start):
            table = files.read(path, detections.SCHEMA)
            expected = _check_coverage(path, table, expected, keypoints)
            write(_assemble(table, times, curves))
        if expected != stop:
            raise CoverageError(f"{path}: ends at frame {expected}, but frames up to {stop} are due. Run again.")


def _start(path: str | Path) -> int:
    return int(Path(path).stem.partition("-")[0])


def _check_coverage(path: Path, table: pd.DataFrame, expected: int, keypoints: list[str]) -> int:
    """The frame after the shard's last one, if it holds all keypoints of every frame from `expected` on."""
    stop = int(Path(path).stem.partition("-")[2])
    frames_due = np.repeat(np.arange(expected, stop), len(keypoints))
    if _start(path) != expected or not np.array_equal(table["frame"], frames_due):
        found = table["frame"].to_numpy()
        wrong = next((due for due in range(expected, stop) if (found == due).sum() != len(keypoints)), expected)
        raise CoverageError(
            f"{path}: expected {len(keypoints)} rows for each frame of [{expected}, {stop}), but frame {wrong} has "
            f"{(found == wrong).sum()}. Delete the shard and run again."
        )
    if not np.array_equal(table["keypoint"], np.tile(keypoints, stop - expected)):
        raise CoverageError(f"{path}: keypoints are not {', '.join(keypoints)}. Delete the shard and run again.")
    return stop


def _assemble(table: pd.DataFrame, times: np.ndarray, curves: pd.DataFrame) -> pd.DataFrame:
    confidence, sigma = calibration.apply(table, curves)
    table = table.assign(time=times[table["frame"]], instance=np.int16(0), confidence=confidence, sigma_px=sigma)
    return table[poses.SCHEMA.names]
