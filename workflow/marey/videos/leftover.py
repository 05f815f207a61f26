"""Frames that show what memory held before, since their decoder stopped half-way without a word."""

import av
import numpy as np

from marey.videos.images import stored_rows

# FFmpeg's decoders that stop in silence where a packet is damaged, and leave the rest of the frame as it was. Their
# frames lean on the pixels of no other, so that nobody misses a frame that is overwritten.
_CODECS = ("dnxhd", "exr", "ffv1", "jpegls", "magicyuv", "qoi", "speedhq", "sunrast", "utvideo")
_BUFFERS = 4  # frames that FFmpeg and the caller hold at the same time, at most
_WORD = 8  # bytes of noise that no image has at the same place by chance


class Leftover:
    """Find memory that a decoder did not write: frames are overwritten with noise, which no later frame may show.

    A decoder puts a frame where an earlier one was, whichever is free: what it leaves out is not the same twice.
    """

    def __init__(self, context: av.VideoCodecContext):
        self._context = context if context.name in _CODECS else None
        self._begun = False
        self._noise = np.zeros(0, np.uint8)

    def begin(self, packet: av.Packet) -> None:
        """Decode the first sound key packet ahead of its turn: for the first frames, too, memory then holds noise."""
        if self._context is None or self._begun or not packet.is_keyframe:
            return
        try:
            frames = [frame for _ in range(_BUFFERS) for frame in self._context.decode(packet)]
        except av.FFmpegError:
            return
        for frame in frames:
            self.overwrite(frame)
        self._begun = bool(frames)

    def in_frame(self, frame: av.VideoFrame) -> bool:
        """Tell whether a frame shows noise."""
        return self._context is not None and any(self._in_plane(frame, plane) for plane in frame.planes)

    def overwrite(self, frame: av.VideoFrame) -> None:
        """Fill a frame that was used with noise."""
        for plane in frame.planes if self._context is not None else ():
            memory = np.frombuffer(plane, np.uint8)
            if len(memory) > len(self._noise):  # the same seed: what is longer begins alike
                self._noise = np.frombuffer(np.random.default_rng(0).bytes(len(memory)), np.uint8)
            memory[:] = self._noise[: len(memory)]

    def _in_plane(self, frame: av.VideoFrame, plane: av.video.plane.VideoPlane) -> bool:
        if plane.buffer_size > len(self._noise):
            return False  # larger than all before it: memory of its own
        rows = stored_rows(frame, plane)
        noise = self._noise[: plane.buffer_size].reshape(plane.height, -1)
        whole = rows.shape[1] // _WORD * _WORD
        return bool((rows[:, :whole].view(np.uint64) == noise[:, :whole].view(np.uint64)).any())
