"""Probing: what a video file holds, found by decoding all of it once.

Container headers are not believed: cameras that lose power, copies that stop half-way and converters that pad frame
counts all leave headers that lie. Every file gets its row, whatever is wrong with it.
"""

from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
from tqdm import tqdm

from marey.provenance.hashes import content_hash
from marey.tables import files
from marey.tables.frames import FRAMES
from marey.tables.probe import PROBE
from marey.videos.damage import Damage, ffmpeg_log
from marey.videos.diagnosis import CONVERT_ADVICE, diagnosis, verdict
from marey.videos.images import Orientation, Upright, digest, is_black, orientation
from marey.videos.looks import LENGTH, SIZE, look
from marey.videos.reading import VideoError, decode_packets, open_video, use_one_thread

_BATCH = 4096  # frames per row group


def probe_video(
    path: str | Path, probe_out: Path, frames_out: Path, *, video: str, relative: str, config: dict, provenance: dict
) -> None:
    """Decode a video once and write its `probe` table (one row) and `frames` table (a row per decoded frame).

    Both tables are written whatever is wrong with the file (see `status` and `detail`). Memory does not grow with the
    video, but for 8 bytes a frame. One thread decodes: FFmpeg's frame threads report errors late and not always alike.

    Args:
        path: the video.
        probe_out: the `probe` table to write.
        frames_out: the `frames` table to write.
        video: id of the video.
        relative: its path in the data folder.
        config: the block `probe`.
        provenance: kept in both tables.

    Raises:
        VideoError: there is no such file.
    """
    path = Path(path)
    row = _blank(path, video, relative)
    with files.writer(frames_out, FRAMES, provenance=provenance) as write:
        try:
            row["content_hash"] = content_hash(path)
            row |= _inspect(path, video, config, write)
        except OSError as error:  # it stops no other video
            if error.errno in files.DISK_FULL:
                raise
            row |= {
                "status": "unreadable",
                "detail": f"The file cannot be opened: {error.strerror}. Check its permissions and its disk.",
            }
    files.write(probe_out, {name: [value] for name, value in row.items()}, PROBE, provenance=provenance)


def _blank(path: Path, video: str, relative: str) -> dict:
    """Make the row of a file of which nothing but its size is known."""
    if not path.exists():
        raise VideoError(f"{path}: no such file. Put the video back or take it out of the sheet.")
    row = {"video": video, "path": relative, "size": path.stat().st_size}
    for field in PROBE:
        zero = None if field.nullable else "" if field.type == "string" else False if field.type == "bool" else 0
        row.setdefault(field.name, zero)
    return row


def _inspect(path: Path, video: str, config: dict, write: Callable) -> dict:
    """Find all columns that come from the file's content; `write` receives the rows of the `frames` table."""
    if not path.stat().st_size:
        return {"status": "empty", "detail": "The file is empty (0 bytes). Copy it again from where it was recorded."}
    try:
        with ffmpeg_log() as log, open_video(path) as (container, stream):
            container_name = container.format.name
            if stream is None:
                detail = "The file holds no images, at most sound. Check that it is the right file."
                return {"status": "empty", "detail": detail, "container": container_name}
            if stream.codec_context is None:
                detail = f"The codec of the video is not one that this FFmpeg can decode. {CONVERT_ADVICE}"
                return {"status": "unreadable", "detail": detail, "container": container_name}
            survey = DecodePass(container, stream, config, log)
            for rows in survey.run(video):
                write(rows)
            return survey.metadata() | dict(zip(("status", "detail"), verdict(path, survey), strict=True))
    except av.FFmpegError as error:
        return dict(zip(("status", "detail"), diagnosis(path, error), strict=True))


class DecodePass:
    """Decode a stream once and hold what the pass has seen so far."""

    def __init__(self, container: av.container.InputContainer, stream: av.VideoStream, config: dict, log: list):
        self.container, self.stream = container, stream
        self.claimed = stream.frames or None
        self.rate = float(stream.average_rate or stream.guessed_rate or 25)
        self.times = array("d")  # s; for the frame rate, 8 bytes a frame
        self.key_frames = self.interlaced = 0
        self.end = 0.0  # end of the last packet on the stream's clock, s
        self.cut = False  # the last thing that was read was damaged
        self.increasing = True  # every frame has a time stamp and it is later than the one before
        use_one_thread(stream)
        self.damage = Damage(container, stream, log)
        self.upright, self.small, self.orientation = Upright(stream), Upright(stream), Orientation()
        self.picture: dict = {}
        self._width, self._interval = config["thumbnail_width"], config["thumbnail_interval"]
        self._origin = self._pts = None
        self._next_thumbnail = 0.0

    def run(self, video: str) -> Iterator[dict]:
        """Decode everything; yield batches of rows of the `frames` table."""
        rows, corrupt = [], False
        with tqdm(total=self.claimed, desc=video, unit="frame") as progress:
            for packet, decoded, sound in decode_packets(self.container, self.stream, self._note_packet):
                damaged = self.damage.after(packet, sound)
                self.cut = damaged if packet is not None else self.cut or not sound
                for frame in decoded:
                    rows.append((video, len(self.times), *self._note_frame(frame)))
                    corrupt = frame.is_corrupt
                progress.update(len(decoded))
                if len(rows) >= _BATCH:
                    yield _columns(rows)
                    rows = []
        if rows:
            yield _columns(rows)
        self.cut = self.cut or corrupt

    def _note_packet(self, packet: av.Packet) -> None:
        self.damage.before(packet)
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is not None:
            self.end = max(self.end, float((stamp + (packet.duration or 0)) * packet.time_base))

    def _note_frame(self, frame: av.VideoFrame) -> tuple:
        """Return time, pts, key frame, fault, digest, thumbnail and look of the next frame."""
        if not self.picture:
            self.orientation = orientation(frame)
            width, height = self.upright.size(frame)
            self.picture = {
                "width": width,
                "height": height,
                "rotation": self.orientation.degrees,
                "mirrored": self.orientation.mirrored,
                "pixel_format": frame.format.name,
                "thumbnail_width": self._width,
                "thumbnail_height": max(1, round(self._width * height / width)),
            }
        self.increasing &= frame.pts is not None and (self._pts is None or frame.pts > self._pts)
        self._pts = frame.pts
        # AVI has decoding times only; FFmpeg guesses pts from them, wrongly for H.264 with B-frames
        time = self._time(frame.dts if self.container.format.name == "avi" else frame.pts)
        fault, thumbnail = self.damage.reaches(frame), None
        black = is_black(self.stream.codec_context.name, fault=fault, key_frame=frame.key_frame)
        if time >= self._next_thumbnail:
            size = self.picture["thumbnail_width"], self.picture["thumbnail_height"]
            thumbnail = bytes(size[0] * size[1]) if black else self.upright(frame, "gray", size).tobytes()
            self._next_thumbnail = time + self._interval - 1e-6  # a hair early: times are rounded
        self.times.append(time)
        self.key_frames += frame.key_frame
        self.interlaced += frame.interlaced_frame
        seen = bytes(LENGTH) if black else look(self.small(frame, "gray", SIZE)).tobytes()
        row = time, frame.pts, bool(frame.key_frame), fault, 0 if black else digest(frame), thumbnail, seen
        self.damage.used(frame)
        return row

    def _time(self, stamp: int | None) -> float:
        """Return the seconds since the first frame, always increasing, whatever the stamps do."""
        tick, last = float(self.stream.time_base), self.times[-1] if self.times else None
        time = None if stamp is None or self._origin is None else (stamp - self._origin) * tick
        if last is None:
            time = 0.0
        elif time is None:
            time = last + 1 / self.rate
        elif time < last - 1:  # the recorder's clock began anew: go on from here
            time, self._origin = last + 1 / self.rate, None
        elif time <= last:  # repeated, or out of order after damage: the least step, to be back in time at once
            time = last + tick
        if stamp is not None and self._origin is None:
            self._origin = stamp - time / tick
        return time

    def _steps(self) -> tuple[np.ndarray, float, np.ndarray]:
        """Return the steps between times, s, the typical one, and which differ from it."""
        steps = np.diff(np.asarray(self.times))
        typical = float(np.median(steps)) if len(steps) else 1 / self.rate
        # containers round times to their tick (a whole ms in WebM), which is no variable frame rate
        tolerance = max(0.1 * typical, 1.5 * float(self.stream.time_base))
        return steps, typical, np.abs(steps - typical) > tolerance

    def gaps(self) -> tuple[int, int]:
        """Return how many frames are missing between those of a steady rate, and in how many places.

        A rate of which more than every tenth step differs is variable: nothing is missing there.
        """
        steps, typical, odd = self._steps()
        wide = steps[steps > 1.5 * typical]
        if not len(wide) or odd.mean() > 0.1:
            return 0, 0
        return int((np.round(wide / typical) - 1).sum()), len(wide)

    def metadata(self) -> dict:
        """Return the columns of the `probe` table that the pass has found."""
        steps, typical, odd = self._steps()
        last = self.times[-1] if self.times else 0.0
        return self.picture | {
            "container": self.container.format.name,
            "codec": self.stream.codec_context.name,
            "frames": len(self.times),
            "container_frames": self.claimed,
            "fps": len(steps) / last if len(steps) else self.rate,
            "duration": last + typical if self.times else 0.0,
            "variable_frame_rate": bool(odd.any()),
            "key_frames": self.key_frames,
            "faults": self.damage.reported,
        }


def _columns(rows: list[tuple]) -> dict:
    return dict(zip(FRAMES.names, zip(*rows, strict=True), strict=True))
