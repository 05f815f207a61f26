"""Decoded frames as images: turned upright, scaled, and known again by a digest."""

import zlib
from typing import NamedTuple

import av
import numpy as np
from av.sidedata.sidedata import Type
from av.video.reformatter import VideoReformatter

# FFmpeg attaches what PyAV 18 has no name for (the EXIF of JPEG and TIFF) and then fails at; any name will do that no
# image has.
Type._missing_ = classmethod(lambda cls, kind: cls.SKIP_SAMPLES)

_DIGEST_STEP = 8  # rows; every macroblock of 8 px or more counts, and a digest costs an eighth of the image's bytes

# FFmpeg's decoders that hide damage in every block of an image. The others leave out what they cannot decode, and show
# what memory held before, which is not the same twice.
_HIDING = ("h264", "mpeg1video", "mpeg2video", "mpeg4", "h263", "flv", "msmpeg4v2", "msmpeg4", "wmv1", "wmv2", "wmv3")


class Orientation(NamedTuple):
    """Say how a stored image becomes upright: transposed first, then columns and rows reversed.

    `exact`: whether that is all that the display matrix asks for; turns by other angles and stretching are not applied.
    """

    transposed: bool = False
    columns: bool = False
    rows: bool = False
    exact: bool = True

    @property
    def mirrored(self) -> bool:
        """Tell whether the stored image is a mirror image."""
        return (self.transposed + self.columns + self.rows) % 2 == 1

    @property
    def degrees(self) -> int:
        """Return the clockwise rotation that makes the image upright, after left and right are swapped if mirrored."""
        if self.transposed:
            return 90 if self.columns else 270
        return 180 if self.rows else 0


def orientation(frame: av.VideoFrame) -> Orientation:
    """Read a frame's display matrix: x' = a x + c y, y' = b x + d y, y downwards (ISO/IEC 14496-12, section 6.2.2)."""
    data = frame.side_data.get(Type.DISPLAYMATRIX)
    if data is None:
        return Orientation()
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].tolist()
    largest = max(abs(a), abs(b), abs(c), abs(d))
    transposed = abs(b) + abs(c) > abs(a) + abs(d)
    x, y, rest = (c, b, (a, d)) if transposed else (a, d, (b, c))
    exact = largest > 0 and max(map(abs, rest)) < 0.01 * largest and abs(abs(x) - abs(y)) < 0.01 * largest
    return Orientation(transposed, x < 0, y < 0) if exact else Orientation(exact=False)


def digest(frame: av.VideoFrame) -> int:
    """Return the CRC-32 of every eighth row of a frame's first plane, as decoded.

    Decoders give the same bytes for the same packets, so this tells frames apart by what they show, whatever number or
    time stamp a container has for them.
    """
    return zlib.crc32(np.ascontiguousarray(stored_rows(frame, frame.planes[0])[::_DIGEST_STEP]))


def stored_rows(frame: av.VideoFrame, plane: av.video.plane.VideoPlane) -> np.ndarray:
    """Return a frame's plane as it lies in memory, u8[height, bytes], without what rows are padded with."""
    form = frame.format
    bits = -(-form.components[0].bits // 8) * 8 if form.is_planar else form.padded_bits_per_pixel
    return np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[:, : -(-plane.width * bits // 8)]


def is_black(codec: str, *, fault: bool, key_frame: bool) -> bool:
    """Tell whether a frame is to be black because its image would not be the same twice.

    So are damaged key frames, which lean on no other, and all frames that damage reaches where a decoder hides nothing.
    """
    return fault and (key_frame or codec not in _HIDING)


class Upright:
    """Turn decoded frames of one stream into upright images of one size, whatever the stream changes on its way."""

    def __init__(self, stream: av.VideoStream):
        self._size = stream.codec_context.width, stream.codec_context.height
        self._convert = VideoReformatter()  # kept, as building it anew costs more than half of a conversion
        self._orientations: dict[int, Orientation] = {}  # by rotation, degrees

    def size(self, frame: av.VideoFrame) -> tuple[int, int]:
        """Return the (width, height) of the upright image, px."""
        width, height = self._size if all(self._size) else (frame.width, frame.height)
        return (height, width) if self._orientation(frame).transposed else (width, height)

    def __call__(self, frame: av.VideoFrame, form: str = "rgb24", size: tuple[int, int] | None = None) -> np.ndarray:
        """Convert a frame to an upright image, scaled to `size` (width, height) px; None: the stream's size.

        Grey images (thumbnails), u8[height, width] for `form` gray, are means over areas. RGB, u8[height, width, 3], is
        scaled as by `geometry.resize`: bilinear with a low-pass filter when shrinking, the same to a grey value on
        average.
        """
        width, height = size or self.size(frame)
        turn = self._orientation(frame)
        if turn.transposed:
            width, height = height, width
        method = "AREA" if form == "gray" else "BILINEAR"
        image = self._convert.reformat(frame, width=width, height=height, format=form, interpolation=method)
        image = image.to_ndarray()
        image = image.swapaxes(0, 1) if turn.transposed else image
        image = image[:, ::-1] if turn.columns else image
        return np.ascontiguousarray(image[::-1] if turn.rows else image)

    def _orientation(self, frame: av.VideoFrame) -> Orientation:
        """Read the display matrix of the first frame of each rotation alone.

        In PyAV 18 a frame whose side data was asked for refers to itself: its memory is free at the next collection
        of garbage, hundreds of frames later.
        """
        if frame.rotation not in self._orientations:
            self._orientations[frame.rotation] = orientation(frame)
        return self._orientations[frame.rotation]
