"""Named poses as the table `tracks`: every keypoint of each individual in every frame from its first to its last."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from marey.tables import files, poses
from marey.tables.frames import FRAMES
from marey.tables.tracks import TRACKS, UNIQUE
from marey.tracking.instances import centroid
from marey.tracking.stream import Block, PoseSurvey, PoseTable

POINTS_AT_ONCE = 500_000  # keypoints of frames and individuals that are laid out at once


@dataclass(frozen=True)
class Frames:
    """All frames of a video: `time` f64[frame] s and `fault` bool[frame]."""

    time: np.ndarray
    fault: np.ndarray

    @classmethod
    def read(cls, path: Path) -> "Frames":
        """Read the table `frames`."""
        with files.open_table(path, FRAMES) as file:
            table = file.read(columns=["time", "fault"])
        return cls(table["time"].to_numpy(), table["fault"].to_numpy())


@dataclass(frozen=True)
class Cast:
    """The individuals in a video, one entry each, `unique` last.

    `names` of individuals; `first` and `last` i64[individual], frames, first > last: in none; `due` bool[individual,
    keypoint]: the keypoints that it has.
    """

    names: list[str]
    first: np.ndarray
    last: np.ndarray
    due: np.ndarray


def list_cast(frame: np.ndarray, individual: np.ndarray, names: list[str], survey: PoseSurvey) -> Cast:
    """List which individual is in which frames.

    Args:
        frame: i64[n], in order.
        individual: i64[n], an index into `names`, or -1 = none.
        names: of the individuals.
        survey: which keypoints animals and unique things have.

    Returns:
        The cast.
    """
    first, last = np.zeros(len(names) + 2, np.int64), np.full(len(names) + 2, -1)
    first[individual[::-1]], last[individual] = frame[::-1], frame  # of several the last stays; -1 goes to the end
    first[-2], last[-2] = survey.unique or (0, -1)
    due = np.stack([survey.shown[0]] * len(names) + [survey.shown[1]])
    return Cast([*names, UNIQUE], first[:-1], last[:-1], due)


def write_tracks(
    table: PoseTable,
    frames: Frames,
    out: Path,
    individual: np.ndarray,
    who: Cast,
    wanted: np.ndarray,
    *,
    video: str,
    provenance: dict,
) -> np.ndarray:
    """Write the table `tracks`, streamed.

    Args:
        table: the table `poses`.
        frames: all frames of the video.
        out: where to write.
        individual: i64[instance], an index into the names of `who`, -1 = none.
        who: the individuals.
        wanted: i64[m] instances, sorted, whose middles are returned.
        video: id.
        provenance: what the result was made from, for its metadata.

    Returns:
        The middles of the `wanted` instances, f32[m, 2], (x, y) px.
    """
    offset, done, middles = 0, 0, []
    with files.writer(out, TRACKS, provenance=provenance) as write:
        for block in table.whole():
            stop = int(block.frame[-1]) + 1
            animals = table.animals(block)
            count = np.count_nonzero(animals)
            owner = np.where(block.instance == poses.UNIQUE_INSTANCE, len(who.names) - 1, -1)
            owner[animals] = individual[offset : offset + count]
            low, high = np.searchsorted(wanted, [offset, offset + count])
            middles.append(centroid(block.points[animals][wanted[low:high] - offset]))
            for rows in _rows(block, owner, who, frames, (done, stop), video, table.keypoints):
                write(rows)
            offset, done = offset + count, stop
    return np.concatenate(middles) if middles else np.empty((0, 2), np.float32)


def _rows(
    block: Block,
    owner: np.ndarray,
    who: Cast,
    frames: Frames,
    span: tuple[int, int],
    video: str,
    keypoints: list[str],
) -> Iterator[pa.Table]:
    """Yield the rows of the frames [start, stop) = `span`, in parts; the block has all poses of these frames."""
    begin, end = span
    while begin < end:
        there = (who.first < end) & (who.last >= begin)
        stop = min(end, begin + max(1, POINTS_AT_ONCE // max(1, int(there.sum()) * len(keypoints))))
        there = np.flatnonzero((who.first < stop) & (who.last >= begin))
        low, high = np.searchsorted(block.frame, [begin, stop])
        frame, owners, values = block.frame[low:high] - begin, owner[low:high], block.values[low:high]
        fault = frames.fault[begin:stop].copy()
        fault[frame] = block.fault[low:high]
        named = owners >= 0
        cells = np.full((stop - begin, len(there), len(keypoints), values.shape[-1]), np.nan, np.float32)
        cells[frame[named], np.searchsorted(there, owners[named])] = values[named]
        number = np.arange(begin, stop)[:, None]
        present = (who.first[there] <= number) & (number <= who.last[there])
        at, individual, keypoint = np.nonzero(present[..., None] & who.due[there])
        x, y, confidence, sigma = cells[at, individual, keypoint].T
        if len(at):
            yield pa.table(
                {
                    "video": pa.array([video]).take(pa.array(np.zeros(len(at), np.int8))),
                    "frame": at + begin,
                    "time": frames.time[begin:stop][at],
                    "individual": pa.array(who.names).take(pa.array(there[individual])),
                    "keypoint": pa.array(keypoints).take(pa.array(keypoint)),
                    "x": pa.array(x, from_pandas=True),
                    "y": pa.array(y, from_pandas=True),
                    "confidence": np.nan_to_num(confidence),
                    "sigma_px": pa.array(sigma, from_pandas=True),
                    "fault": fault[at],
                }
            )
        begin = stop
