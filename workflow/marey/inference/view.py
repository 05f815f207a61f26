"""The part of a video's images that is analysed, at the scale of a network."""

from collections.abc import Iterable, Iterator

import numpy as np

from marey.pictures import geometry
from marey.pictures.views import Picture
from marey.videos.ranges import crop_box, part_fault
from marey.videos.reading import VideoError


class View:
    """The part of the images that is analysed.

    `size` (width, height) px of the video; `crop` 'left,top,width,height' px of it, rounded to whole px as decoded;
    `scale`: px of the network per px of the video. Decoding makes images smaller, to the size `decoded`, where `scale`
    is below 1; above 1 they are enlarged where they are used.
    """

    def __init__(self, size: tuple[int, int], crop: str | None, scale: float):
        reduction = min(1.0, scale)
        self._scale, self._enlargement = scale, scale / reduction
        self.decoded = geometry.scaled_size(*size, reduction)
        self._factors = np.array(geometry.input_scale(*size, reduction), np.float32)
        if fault := part_fault(frames=None, crop=crop, count=1, size=size):
            raise VideoError(f"the sheet asks for {fault}. Correct its row.")
        left, top, width, height = crop_box(crop, size)
        box = np.array([[left, top], [left + width, top + height]]) * self._factors
        (self._left, self._top), (self._right, self._bottom) = box.round().astype(int).tolist()

    def inputs(self, stream: Iterable[tuple]) -> Iterator[tuple[int, Picture]]:
        """Yield index and image of the frames in this view; `stream` gives an index and the image at size `decoded`."""
        for index, image in stream:
            part = image[self._top : self._bottom, self._left : self._right]
            yield index, Picture(part, self._enlargement)

    def to_video(self, points: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Convert points f32[..., 2] and their spread f32[...] from px of the network to px of the video."""
        shown = self._right - self._left, self._bottom - self._top
        decoded = geometry.to_video(points, *shown, scale=self._enlargement) + np.float32([self._left, self._top])
        return decoded / self._factors, spread / np.float32(self._scale)
