"""Frame-exact reading of videos, of whatever codec, container, frame rate or rotation.

A frame is known by its presentation time stamp (pts) in the `frames` table that `probe` wrote after decoding the whole
file once. Reading seeks to a key frame and compares stamps; it never trusts a container's count or frame rate.

FFmpeg is reached through PyAV, which gives the stamp and the faults of each frame. Through imageio-ffmpeg's pipe come
images without either: nothing would tell which frame one is after a seek, a fault or a change of frame rate.
(`benchmarks/README.md` has the speed of both.)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pandas as pd
from av.video.reformatter import VideoReformatter


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
        covers = av.stream.Disposition.attached_pic
        streams = [stream for stream in container.streams.video if not stream.disposition & covers]
        yield container, streams[0] if streams else None


def decode_packets(
    container: av.container.InputContainer, stream: av.VideoStream
) -> Iterator[tuple[av.Packet | None, list[av.VideoFrame], bool]]:
    """Decode packet by packet from where the container stands: (packet, frames that came out, no error).

    The last packet is None, when the decoder gives up the frames that it held back; there, an error is the container's.
    """
    packets = container.demux(stream)
    while True:
        sound, frames = True, []
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            packet, sound = None, False
        if packet is not None and not packet.size:
            continue  # AVI's place holder for a repeated frame; to the decoder it would mean the end
        try:
            frames = stream.codec_context.decode(packet)
        except av.FFmpegError:
            sound = False
        yield packet, frames, sound
        if packet is None:
            return


def quarter_turns(frame: av.VideoFrame) -> int:
    """Return the counterclockwise quarter turns, 0 to 3, that make the stored image upright.

    They are those of the frame's display matrix.
    """
    return round(frame.rotation / 90) % 4


class Upright:
    """Turn decoded frames of one stream into upright images of one size, whatever the stream changes on its way."""

    def __init__(self, stream: av.VideoStream):
        self._size = stream.codec_context.width, stream.codec_context.height
        self._convert = VideoReformatter()  # kept, as building it anew costs more than half of a conversion

    def size(self, frame: av.VideoFrame) -> tuple[int, int]:
        """Return the (width, height) of the upright image, px."""
        width, height = self._size if all(self._size) else (frame.width, frame.height)
        return (height, width) if quarter_turns(frame) % 2 else (width, height)

    def __call__(self, frame: av.VideoFrame, form: str = "rgb24", size: tuple[int, int] | None = None) -> np.ndarray:
        """Convert a frame to an upright image, scaled to `size` (width, height) px; None: the stream's size.

        Grey images (thumbnails), u8[height, width] for `form` gray, are means over areas. RGB, u8[height, width, 3], is
        scaled as by `geometry.resize`: bilinear with a low-pass filter when shrinking, the same to a grey value on
        average.
        """
        width, height = size or self.size(frame)
        turns = quarter_turns(frame)
        if turns % 2:
            width, height = height, width
        method = "AREA" if form == "gray" else "BILINEAR"
        picture = self._convert.reformat(frame, width=width, height=height, format=form, interpolation=method)
        return np.ascontiguousarray(np.rot90(picture.to_ndarray(), turns))


def read_frames(
    path: str | Path, start: int, stop: int, *, frames: pd.DataFrame, size: tuple[int, int] | None = None
) -> Iterator[tuple[int, np.ndarray | None]]:
    """Yield every frame of [start, stop), in order, each exactly once.

    A frame that cannot be decoded, or that the file no longer holds, comes as None and never moves the others. Decoding
    begins at the last undamaged key frame at or before `start`; if a frame is missed, it begins again further back, at
    last from frame 0 (at once where the video has no time stamps). A damaged frame comes as the decoder concealed it.

    Args:
        path: the video.
        start: first frame.
        stop: frame after the last.
        frames: the video's whole `frames` table (columns frame, pts, key_frame, fault).
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
    for entry in stamps.entries(start):
        for at, picture in _decode_from(path, entry, index, stop, stamps, size):
            if at > index and entry:
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
        raise VideoError(f"{path}: frame {index} cannot be decoded; if the file has changed, probe it again.")
    return picture


def read_first_frame(path: str | Path, frames: pd.DataFrame) -> np.ndarray | None:
    """Read the first frame that can be decoded, u8[H, W, 3] upright RGB; None if there is none. See `read_frames`."""
    pictures = (picture for _, picture in read_frames(path, 0, len(frames), frames=frames))
    return next((picture for picture in pictures if picture is not None), None)


class _Stamps:
    """Find frames by their time stamps, and the key frames where decoding can begin."""

    def __init__(self, frames: pd.DataFrame):
        self.pts = frames["pts"].to_numpy(np.float64, na_value=np.nan)
        self.damaged = frames["fault"].to_numpy(bool)
        self.key = frames["key_frame"].to_numpy(bool) & ~self.damaged & ~np.isnan(self.pts)
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
    path: str | Path, entry: int, start: int, stop: int, stamps: _Stamps, size: tuple[int, int] | None
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield frames of [start, stop) with their indices, as decoding from key frame `entry` finds them.

    An `entry` of 0 is the beginning of the file. What comes out before the first known key frame leans on frames that
    were not decoded, and is thrown away. Frame threads report errors late, so damaged files are decoded in one thread,
    as when they were probed.
    """
    try:
        with open_video(path) as (container, stream):
            if stream is None:
                return
            upright = Upright(stream)
            stream.thread_type = "NONE" if stamps.damaged.any() else "AUTO"
            if entry:
                # The first packet may say what is needed later: old x264's 4:4:4 is garbage without its version.
                next(decode_packets(container, stream), None)
                container.seek(int(stamps.pts[entry]), stream=stream)
            due = None if entry else 0
            for _, decoded, _ in decode_packets(container, stream):
                for frame in decoded:
                    due = stamps.key_frame(frame) if due is None else due
                    index = None if due is None else stamps.index(frame, due)
                    if index is None:
                        if due is None and frame.pts is not None and frame.pts > stamps.pts[start]:
                            return  # the seek went too far
                        continue
                    if index >= stop:
                        return
                    if index >= start:
                        yield index, upright(frame, size=size)
                    due = index + 1
    except av.FFmpegError as error:
        if not entry:
            raise VideoError(
                f"{path}: cannot be read ({error.strerror}). If the file has changed, probe it again."
            ) from None
