"""Where a file is damaged, as FFmpeg says while one thread decodes it, and which frames that reaches."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import av.logging

from marey.videos.leftover import Leftover

# Codecs whose packets never hold a long run of zeros, but where something was lost: start codes would be mistaken
# (H.264, H.265, MPEG-4), or the coder makes every bit count. FFmpeg decodes zeroed H.265 without a word.
_WITHOUT_ZEROS = ("av1", "h264", "hevc", "mpeg4", "vp8", "vp9")
_ZEROS = bytes(64)

# Decoders that notice more than those that the frames come from: libvpx refuses VP9 that reads past the end of a packet
# or leans on such a frame; dav1d asked to be strict looks at the bits that follow the last symbol of a tile.
_STRICT = {"vp9": ("libvpx-vp9", {}), "av1": ("libdav1d", {"strict": "1"})}
_CHUNK = re.compile(rb"LIST|RIFF|JUNK|idx1|ix\d\d|\d\d[a-z]{2}")  # what a chunk inside of an AVI begins with


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
        self.reported = 0  # packets with damage
        self.marked = 0  # frames
        self._codec, self._log = stream.codec_context.codec.canonical_name, log
        self._strict, self._refusing = _strict_decoder(stream.codec_context), False
        self._leftover = Leftover(stream.codec_context)
        self._open: list[int] = []  # numbers of packets whose damage is not over
        self._key, self._key_pts = 0, None  # number and pts of the last key packet
        self._leads = False  # all packets since then are shown before it: no frame shown after it leans on them
        self._format = container.format.name
        self._avi = Path(container.name) if container.format.name == "avi" else None
        stream.codec_context.copy_opaque = True
        stream.codec_context.options = {"err_detect": "crccheck"}  # compare checksums where the stream has them
        log.clear()

    def before(self, packet: av.Packet) -> None:
        """Number a packet before it is decoded.

        What the demuxer says here was lost before this packet. It looks on for a key frame, which that does not reach.
        """
        lost = [line for line in self._log if line[1] == self._format and _tells_damage(line)]
        if lost and packet.is_keyframe and self.packets:
            self._note(self.packets - 1)
            self._log[:] = [line for line in self._log if line not in lost]
        said = len(self._log)
        self._leftover.begin(packet)
        del self._log[said:]
        packet.opaque = self.packets
        if packet.is_keyframe:
            self._key, self._key_pts, self._leads = self.packets, packet.pts, packet.pts is not None
        else:
            self._leads = self._leads and packet.pts is not None and packet.pts < self._key_pts
        self.packets += 1

    def after(self, packet: av.Packet | None, sound: bool) -> bool:
        """Look at a packet after it was decoded: whether it is damaged. None: the end."""
        refused = packet is not None and self._refused(packet)
        damaged = not sound or refused or any(map(_tells_damage, self._log))
        self._log.clear()
        if packet is not None:
            damaged = damaged or packet.is_corrupt or self._zeroed(packet) or self._breaks_off(packet)
        if damaged:
            # such frames miss what was lost before the key frame; what cannot be decoded at all is damage of its own
            leads = packet is not None and sound and self._leads and not packet.is_keyframe
            self._note(self._key - 1 if leads else max(self.packets - 1, 0))
        return damaged

    def reaches(self, frame: av.VideoFrame) -> bool:
        """Tell whether a frame, given in the order of the decoder, is damaged or rests on what is."""
        packet = self.packets - 1 if frame.opaque is None else frame.opaque
        if (frame.is_corrupt or self._leftover.in_frame(frame)) and packet not in self._open:
            self._note(packet)
        if frame.key_frame and not self._refusing:  # damaged AV1 calls frames key frames that are none
            self._open = [place for place in self._open if place >= packet]
        found = bool(self._open) and min(self._open) <= packet
        self.marked += found
        return found

    def used(self, frame: av.VideoFrame) -> None:
        """Take back a frame that nobody looks at any more."""
        self._leftover.overwrite(frame)

    def _note(self, packet: int) -> None:
        self.reported += 1
        self._open.append(packet)

    def _refused(self, packet: av.Packet) -> bool:
        """Tell whether the strict decoder finds damage. After that it is asked again from the next key frame on."""
        if self._strict is None or (self._refusing and not packet.is_keyframe):
            return False
        try:
            self._strict.decode(packet)
            self._refusing = False
        except av.FFmpegError:
            self._refusing = True
        return self._refusing

    def _zeroed(self, packet: av.Packet) -> bool:
        return self._codec in _WITHOUT_ZEROS and _ZEROS in bytes(packet).rstrip(b"\0")

    def _breaks_off(self, packet: av.Packet) -> bool:
        """Tell whether another chunk fails to begin where an AVI's chunk ends: FFmpeg looks for the next in silence."""
        if self._avi is None or packet.pos is None or packet.pos < 8:
            return False
        with self._avi.open("rb") as file:
            file.seek(packet.pos - 4)
            if int.from_bytes(file.read(4), "little") != packet.size:  # no chunk of its own, as in DV
                return False
            file.seek(packet.size, os.SEEK_CUR)
            after = file.read(5)
        chunks = after[:4], after[1:]  # at an even place, but not every writer keeps to that
        return len(after) == 5 and not any(map(_CHUNK.fullmatch, chunks))


def _strict_decoder(context: av.VideoCodecContext) -> av.VideoCodecContext | None:
    """Open the codec's strict decoder; None if there is none, or not in this FFmpeg, or not for more than 8 bits."""
    if context.format is None or (context.name == "vp9" and context.format.components[0].bits > 8):
        return None  # libvpx may be built without them
    name, options = _STRICT.get(context.codec.canonical_name, ("", {}))
    try:
        strict = av.VideoCodecContext.create(name, "r")
    except av.codec.codec.UnknownCodecError:
        return None
    strict.extradata, strict.options, strict.thread_count = context.extradata, options, 1
    return strict


def _tells_damage(line: tuple[int, str, str]) -> bool:
    """Tell whether a line of FFmpeg's log (level, module, message) reports damage.

    H.264 and MPEG decoders may say no more than that they hide it, which is at level INFO.
    """
    level, _, message = line
    return level <= av.logging.ERROR or message.startswith("concealing")
