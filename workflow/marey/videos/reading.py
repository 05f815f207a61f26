"""Frame-exact reading of videos, of whatever codec, container, frame rate or rotation.

A frame is known by its presentation time stamp (pts) in the `frames` table that `probe` wrote after decoding the whole
file once. Reading seeks to a key frame and compares stamps; it never trusts a container's count or frame rate.

FFmpeg is reached through PyAV, which gives the stamp and the faults of each frame. Through imageio-ffmpeg's pipe come
images without either: nothing would tell which frame one is after a seek, a fault or a change of frame rate.
(`benchmarks/README.md` has the speed of both.)
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pandas as pd

from marey.videos.images import Upright, digest, is_black

_UNDECODABLE = "{path}: frame {index} cannot be decoded; if the file has changed, probe it again."
COVER = av.stream.Disposition.attached_pic  # images of sound files, which are streams of one frame


class VideoError(ValueError):
    """Say that a video cannot be read as asked; the message names the file and the fix."""


@contextmanager
def open_video(
    path: str | Path, form: str | None = None
) -> Iterator[tuple[av.container.InputContainer, av.VideoStream | None]]:
    """Yield the container and its video stream; None where it has none (cover images of sound files do not count).

    `form`: FFmpeg's name of the container's format; None lets it find out.
    Raises VideoError if the file is not there and `av.FFmpegError` if FFmpeg does not know what it is.
    """
    try:
        container = av.open(str(path), format=form, metadata_errors="replace")
    except FileNotFoundError:
        raise VideoError(f"{path}: no such file. Put the video back or take it out of the sheet.") from None
    with container:
        streams = [stream for stream in container.streams.video if not stream.disposition & COVER]
        yield container, streams[0] if streams else None


def use_one_thread(stream: av.VideoStream) -> None:
    """Decode without threads, which report errors late and decode damage not always alike."""
    stream.thread_type = "NONE"
    stream.codec_context.thread_count = 1  # libraries with threads of their own (dav1d) go by the count


def decode_packets(
    container: av.container.InputContainer,
    stream: av.VideoStream,
    before: Callable[[av.Packet], None] = lambda packet: None,
) -> Iterator[tuple[av.Packet | None, list[av.VideoFrame], bool]]:
    """Decode packet by packet from where the container stands: (packet, frames that came out, no error).

    `before` is called with each packet before it is decoded. The last packet is None, when the decoder gives up the
    frames that it held back; there, an error is the container's.
    """
    packets = container.demux(stream)
    while True:
        sound, frames = True, []
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            packet, sound = None, False
        except IndexError:  # PyAV 18 at the end of a file in which streams appeared on the way, as damage makes them
            packet = None
        if packet is not None and not packet.size:
            continue  # AVI's place holder for a repeated frame; to the decoder it would mean the end
        if packet is not None:
            before(packet)
        try:
            frames = stream.codec_context.decode(packet)
        except av.FFmpegError:
            sound = False
        yield packet, frames, sound
        if packet is None:
            return


def read_frames(
    path: str | Path, start: int, stop: int, *, frames: pd.DataFrame, size: tuple[int, int] | None = None
) -> Iterator[tuple[int, np.ndarray | None]]:
    """Yield every frame of [start, stop), in order, each exactly once.

    A frame that cannot be decoded, or that the file no longer holds, comes as None and never moves the others. Decoding
    begins at the last undamaged key frame at or before `start`. If a frame is missed, or is not the image that probing
    decoded, it begins again further back, at last as probing did: from frame 0 in one thread. So any way to a frame
    gives the same image. A damaged frame comes as the decoder concealed it, or black if it cannot (`images.is_black`).

    Args:
        path: the video.
        start: first frame.
        stop: frame after the last.
        frames: the video's whole `frames` table (columns `frames.READING`).
        size: (width, height) px that images are scaled to; None leaves them as they are.

    Returns:
        An iterator over (index, image u8[H, W, 3], upright RGB, or None).

    Raises:
        VideoError: the file is not there or is no video any more, or the range or the table does not fit the video.
    """
    if not 0 <= start <= stop <= len(frames):
        raise VideoError(f"{path}: frames [{start}, {stop}) were asked for, but the video has [0, {len(frames)}).")
    if not np.array_equal(frames["frame"], np.arange(len(frames))):
        raise VideoError(
            f"{path}: the frames table is not whole: its frames are not 0 to {len(frames) - 1}. Probe again."
        )
    stamps = _Stamps(frames)
    index = start
    for entry in [*stamps.entries(start), None]:
        for at, picture in _decode_from(path, entry, index, stop, stamps, size):
            if at > index and entry is not None:
                break  # the seek may be to blame
            yield from ((lost, None) for lost in range(index, at))
            yield at, picture
            index = at + 1
        if index == stop:
            return
    yield from ((lost, None) for lost in range(index, stop))


def read_frame(path: str | Path, index: int, *, frames: pd.DataFrame) -> np.ndarray:
    """Read one upright frame, u8[H, W, 3] RGB; VideoError if it cannot be decoded. See `read_frames`."""
    (_, picture), *_ = read_frames(path, index, index + 1, frames=frames)
    if picture is None:
        raise VideoError(_UNDECODABLE.format(path=path, index=index))
    return picture


def read_chosen_frames(
    path: str | Path, chosen: Sequence[int], *, frames: pd.DataFrame
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the `chosen` frames, in ascending order: (index, image u8[H, W, 3], upright RGB).

    Frames between which no decoding can begin are read in one go, so that none is decoded twice. Raises VideoError if
    one cannot be decoded; see `read_frames`.
    """
    wanted = np.unique(np.asarray(chosen, np.int64))
    keys = np.flatnonzero(frames["key_frame"] & ~frames["fault"])
    entry = np.searchsorted(keys, wanted, side="right")
    for part in np.split(wanted, np.flatnonzero(np.diff(entry)) + 1):
        asked = set(part.tolist())
        for index, picture in read_frames(path, min(asked), max(asked) + 1, frames=frames) if asked else ():
            if index not in asked:
                continue
            if picture is None:
                raise VideoError(_UNDECODABLE.format(path=path, index=index))
            yield index, picture


def read_first_frame(path: str | Path, frames: pd.DataFrame) -> np.ndarray | None:
    """Read the first frame that can be decoded, u8[H, W, 3] upright RGB; None if there is none. See `read_frames`."""
    pictures = (picture for _, picture in read_frames(path, 0, len(frames), frames=frames))
    return next((picture for picture in pictures if picture is not None), None)


class _Stamps:
    """Find frames by their time stamps, and the key frames where decoding can begin."""

    def __init__(self, frames: pd.DataFrame):
        self.pts = frames["pts"].to_numpy(np.float64, na_value=np.nan)
        self.digest = frames["digest"].to_numpy()
        self.damaged = frames["fault"].to_numpy(bool)
        self.coded_alone = frames["key_frame"].to_numpy(bool)
        self.key = self.coded_alone & ~self.damaged & ~np.isnan(self.pts)
        self._order = np.argsort(self.pts, kind="stable")
        self._sorted = self.pts[self._order]

    def entries(self, start: int) -> list[int]:
        """The last key frame at or before `start`, then 1, 3, 7, ... before that; 0 is the beginning of the file."""
        before = np.flatnonzero(self.key[: start + 1])[::-1]
        steps = [2**power - 1 for power in range(len(before).bit_length())]
        return list(dict.fromkeys([*before[[step for step in steps if step < len(before)]].tolist(), 0]))

    def key_frame(self, frame: av.VideoFrame) -> int | None:
        """Index of a decoded frame if it is a known key frame."""
        index = self._find(frame.pts)
        return index if frame.key_frame and index is not None and self.key[index] else None

    def index(self, frame: av.VideoFrame, expected: int) -> int | None:
        """Index of a decoded frame, where frame `expected` is due; None if it is neither that nor a later one."""
        due = self.pts[expected] if expected < len(self.pts) else -np.inf
        if due == frame.pts or (np.isnan(due) and frame.pts is None):
            return expected
        index = self._find(frame.pts)
        return index if index is not None and index > expected else None

    def _find(self, stamp: int | None) -> int | None:
        place = len(self._sorted) if stamp is None else np.searchsorted(self._sorted, float(stamp))
        found = place < len(self._sorted) and self._sorted[place] == float(stamp)
        return int(self._order[place]) if found else None


def _decode_from(
    path: str | Path, entry: int | None, start: int, stop: int, stamps: _Stamps, size: tuple[int, int] | None
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield frames of [start, stop) with their indices, as decoding from key frame `entry` finds them.

    It ends where a frame is not the image that probing decoded: a container may number frames otherwise after a seek
    (a damaged AVI goes by its index), and threads may decode damage otherwise. An `entry` of 0 is the beginning of the
    file; None too, but in one thread, and undamaged frames pass: on another machine some old codecs round otherwise.
    What comes out before the first known key frame leans on frames that were not decoded, and is thrown away.
    """
    try:
        with open_video(path) as (container, stream):
            if stream is None:
                return
            upright, codec = Upright(stream), stream.codec_context.name
            if entry is None or stamps.damaged.any():
                use_one_thread(stream)
            else:
                stream.thread_type = "AUTO"
            if entry:
                # The first packet may say what is needed later: old x264's 4:4:4 is garbage without its version.
                next(decode_packets(container, stream), None)
                container.seek(int(stamps.pts[entry]), stream=stream)
            for index, frame in _numbered(container, stream, entry, start, stamps):
                if index >= stop:
                    return
                black = is_black(codec, fault=stamps.damaged[index], key_frame=stamps.coded_alone[index])
                if not black and digest(frame) != stamps.digest[index]:
                    if entry is not None:
                        return
                    black = stamps.damaged[index]
                if index >= start:
                    picture = upright(frame, size=size)
                    yield index, np.zeros_like(picture) if black else picture
    except av.FFmpegError as error:
        if entry is None:
            raise VideoError(
                f"{path}: cannot be read ({error.strerror}). If the file has changed, probe it again."
            ) from None


def _numbered(
    container: av.container.InputContainer, stream: av.VideoStream, entry: int | None, start: int, stamps: _Stamps
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Yield the frames that are known, with their indices, from the first known key frame on."""
    due = None if entry else 0
    for _, decoded, _ in decode_packets(container, stream):
        for frame in decoded:
            due = stamps.key_frame(frame) if due is None else due
            index = None if due is None else stamps.index(frame, due)
            if index is not None:
                yield index, frame
                due = index + 1
            elif due is None and frame.pts is not None and frame.pts > stamps.pts[start]:
                return  # the seek went too far
