"""Where a file is damaged, as FFmpeg says while one thread decodes it, and which frames that reaches."""

from collections.abc import Iterator
from contextlib import contextmanager

import av
import av.logging
import numpy as np

# Codecs whose packets never hold a long run of zeros, but where something was lost: start codes would be mistaken
# (H.264, H.265, MPEG-4), or the coder makes every bit count. FFmpeg decodes zeroed H.265 without a word.
_WITHOUT_ZEROS = ("av1", "h264", "hevc", "mpeg4", "vp8", "vp9")
_ZEROS = bytes(64)


@contextmanager
def ffmpeg_log() -> Iterator[list]:
    """Yield the list that FFmpeg's messages of level INFO or worse are added to, while the block runs.

    PyAV's callback needs Python's lock. With frame threads decoding waits for ever: the caller holds the lock and
    waits for a thread that wants to say something. So nothing in the block may decode with threads, and at its end the
    callback is as silent as before.
    """
    level, repeats = av.logging.get_level(), av.logging.get_skip_repeated()
    av.logging.set_skip_repeated(False)
    av.logging.set_level(av.logging.INFO)
    try:
        with av.logging.Capture() as lines:
            yield lines
    finally:
        av.logging.set_level(level)
        av.logging.set_skip_repeated(repeats)


class Damage:
    """Follow a decode pass in one thread and tell which frames rest on damaged or lost packets.

    A damaged packet reaches its own frame and all that are decoded after it, up to the next key frame that is sound;
    frames that are shown before that key frame may still lean on the damage. Frames are traced to their packets by the
    packets' numbers, which FFmpeg passes through the decoder.
    """

    def __init__(self, container: av.container.InputContainer, stream: av.VideoStream, log: list):
        self.packets = 0
        self.reported = 0  # packets with damage, or with something lost before them
        self.lost = 0  # packets that an AVI's index lists, but that were not met
        self.marked = 0  # frames
        self._codec, self._log = stream.codec_context.name, log
        self._open: list[float] = []  # packets whose damage is not over; n - 0.5: lost before packet n
        entries = stream.index_entries if container.format.name == "avi" else ()
        self._listed = np.array(sorted(entry.pos for entry in entries if entry.size), np.int64)
        self._at = -1  # the last packet's place in the index
        stream.codec_context.copy_opaque = True
        stream.codec_context.options = {"err_detect": "crccheck"}  # compare checksums where the stream has them
        log.clear()

    def before(self, packet: av.Packet) -> None:
        """Look at a packet before it is decoded, and number it."""
        packet.opaque = self.packets
        self.packets += 1
        skipped = self._skipped(packet.pos)
        self.lost += skipped
        if skipped:
            self._open.append(packet.opaque - 0.5)
            self.reported += 1

    def after(self, packet: av.Packet | None, sound: bool) -> bool:
        """Look at a packet after it was decoded: whether it is damaged. None: the end."""
        damaged = not sound or any(map(_tells_damage, self._log))
        self._log.clear()
        if packet is not None:
            damaged = damaged or packet.is_corrupt or self._zeroed(packet)
        if damaged:
            self.reported += 1
            self._open.append(max(self.packets - 1, 0))
        return damaged

    def reaches(self, frame: av.VideoFrame) -> bool:
        """Tell whether a frame, given in the order of the decoder, is damaged or rests on what is."""
        packet = self.packets - 1 if frame.opaque is None else frame.opaque
        if frame.is_corrupt and packet not in self._open:
            self._open.append(packet)
            self.reported += 1
        if frame.key_frame:
            self._open = [place for place in self._open if place >= packet]
        found = bool(self._open) and min(self._open) <= packet
        self.marked += found
        return found

    def _skipped(self, position: int | None) -> int:
        """Count the chunks that the index lists between the last packet and the one at `position` (bytes)."""
        at = int(np.searchsorted(self._listed, position or 0, side="right")) - 1
        if not len(self._listed) or at < 0 or position - self._listed[at] > 8:  # behind a chunk's header of 8 bytes
            return 0
        last, self._at = self._at, at
        return max(0, at - last - 1)

    def _zeroed(self, packet: av.Packet) -> bool:
        return self._codec in _WITHOUT_ZEROS and _ZEROS in bytes(packet).rstrip(b"\0")


def _tells_damage(line: tuple[int, str, str]) -> bool:
    """Tell whether a line of FFmpeg's log (level, module, message) reports damage.

    H.264 and MPEG decoders may say no more than that they hide it, which is at level INFO.
    """
    level, _, message = line
    return level <= av.logging.ERROR or message.startswith("concealing")
