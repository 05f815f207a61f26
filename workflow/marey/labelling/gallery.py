"""Frames of a video as those that choose frames see them: thumbnails and looks, which probing left, and full images."""

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from marey.pictures.fingerprints import frame_png
from marey.tables import files
from marey.tables import probe as probe_table
from marey.tables.frames import FRAMES, READING
from marey.tables.probe import PROBE
from marey.videos.looks import LENGTH
from marey.videos.reading import read_frames

BATCH = 1024  # thumbnails in memory at a time
_log = logging.getLogger(__name__)


def usable(probe_path: Path) -> bool:
    """Say whether a video can be used, by its table `probe`."""
    return files.read(probe_path, PROBE)["status"][0] in probe_table.USABLE


class Gallery:
    """The thumbnails of a video, one of the `videos` of `sample_frames`, read a row group at a time."""

    def __init__(self, item: dict):
        probe = files.read(item["probe"], PROBE).iloc[0]
        self.shape = int(probe["thumbnail_height"]), int(probe["thumbnail_width"])
        self._table = item["frames"]
        light = files.read(self._table, FRAMES, ["time", "fault"])
        self.times = light["time"].to_numpy()
        self._wanted = np.zeros(len(light), bool)
        self._wanted[slice(*item["range"])] = True
        self.sound = np.flatnonzero(~light["fault"].to_numpy(bool) & self._wanted)
        self.shown = np.concatenate([np.empty(0, np.int64), *(frames for frames, _ in self._groups())])

    def _groups(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield undamaged frames i64[n] with a thumbnail, and these, u8[n, height * width], one row group at a time."""
        table = files.open_table(self._table, FRAMES)
        for group in range(table.num_row_groups):
            rows = table.read_row_group(group, columns=["frame", "fault", "thumbnail"])
            rows = rows.filter(rows["thumbnail"].is_valid()).to_pandas()
            rows = rows[~rows["fault"] & self._wanted[rows["frame"]]]
            looks = np.frombuffer(b"".join(rows["thumbnail"]), np.uint8)
            yield rows["frame"].to_numpy(np.int64), looks.reshape(len(rows), self.shape[0] * self.shape[1])

    def batches(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield all thumbnails in order of time, some `BATCH` at once: frames i64[n], grey f32[n, height * width]."""
        frames, looks, count = [], [], 0
        for some_frames, some_looks in self._groups():
            frames.append(some_frames)
            looks.append(some_looks)
            count += len(some_frames)
            if count >= BATCH:
                yield np.concatenate(frames), np.concatenate(looks).astype(np.float32)
                frames, looks, count = [], [], 0
        if count:
            yield np.concatenate(frames), np.concatenate(looks).astype(np.float32)

    def nearest_thumbnails(self, frames: np.ndarray) -> np.ndarray:
        """Return for each frame the thumbnail that is nearest in time, f32[n, height * width], grey values 0..255."""
        nearest = self.shown[nearest_in_time(self.times[self.shown], self.times[frames])]
        result = np.zeros((len(frames), self.shape[0] * self.shape[1]), np.float32)
        for batch, looks in self.batches():
            place = np.clip(np.searchsorted(batch, nearest), 0, len(batch) - 1)
            found = batch[place] == nearest
            result[found] = looks[place[found]]
        return result


def read_looks(item: dict, frames: np.ndarray) -> np.ndarray:
    """Read the looks of frames i64[n] of a video, one of the `videos` of `sample_frames`: f32[n, value], 0..255."""
    result = np.zeros((len(frames), LENGTH), np.float32)
    for rows in files.batches(item["frames"], FRAMES, ["frame", "look"], rows=BATCH):
        first, count = rows["frame"][0].as_py(), len(rows)
        looks = np.frombuffer(b"".join(rows["look"].to_pylist()), np.uint8).reshape(count, LENGTH)
        own = (frames >= first) & (frames < first + count)
        result[own] = looks[frames[own] - first]
    return result


def nearest_in_time(times: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Find the nearest of `times` f64[n], s, ascending, to each that is wanted f64[m]: i64[m]; the earlier of two."""
    after = np.clip(np.searchsorted(times, wanted), 0, len(times) - 1)
    before = np.maximum(after - 1, 0)
    return np.where(wanted - times[before] <= times[after] - wanted, before, after)


def grey_differences(looks: np.ndarray, look: np.ndarray) -> np.ndarray:
    """Compute the root-mean-square difference of grey values, f32[n], between f32[n, pixels] and f32[pixels]."""
    return np.sqrt(np.mean((looks - look) ** 2, axis=-1))


def reshaped(look: np.ndarray, shape: tuple[int, int], common: tuple[int, int]) -> np.ndarray:
    """Scale a flattened thumbnail to another shape (height, width): videos of different forms have to be compared."""
    if shape == common:
        return look
    return np.asarray(Image.fromarray(look.reshape(shape)).resize(common[::-1], Image.Resampling.BILINEAR)).ravel()


def sample_rows(item: dict, picked: list[tuple[int, int]], method: str) -> Iterator[tuple]:
    """Yield rows of the table `samples`, with the full images."""
    frames = files.read(item["frames"], FRAMES, ["time", *READING])
    for frame, stratum in picked:
        ((_, picture),) = read_frames(item["path"], frame, frame + 1, frames=frames)
        if picture is None:
            _log.warning("%s: frame %d cannot be decoded and is not sampled", item["path"], frame)
            continue
        height, width = picture.shape[:2]
        yield item["video"], frame, float(frames["time"][frame]), method, stratum, width, height, frame_png(picture)
