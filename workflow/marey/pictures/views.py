"""Images as a network looks at them: all of one at once, or parts of it."""

from collections.abc import Callable, Sequence

import numpy as np

from marey.pictures import geometry

# Gives for n inputs of a network, u8[height, width, 3] of one size, the points f32[n, keypoint, 2], (x, y) px of them,
# confidences f32[n, keypoint], and perhaps more [n, keypoint].
Look = Callable[[Sequence[np.ndarray]], tuple[np.ndarray, ...]]


class Picture:
    """Hold an image u8[height, width, 3] that a network may look at, all of it or in part, at a `scale`.

    `size` is the (width, height) of the network's input for all of it, px, `shown` that without its padding; `nbytes`
    the image's memory.
    """

    def __init__(self, image: np.ndarray, scale: float):
        self._image, self.scale = image, scale
        self.size = geometry.input_size(*image.shape[1::-1], scale=scale)
        self.shown = geometry.scaled_size(*image.shape[1::-1], scale)
        self.nbytes = image.nbytes

    def whole(self) -> np.ndarray:
        """Return the network's input for the whole image, u8[h, w, 3] (see `geometry.resize`)."""
        return geometry.resize(self._image, scale=self.scale)

    def window(self, corner: np.ndarray, side: int) -> np.ndarray:
        """Return the square of `whole` that begins at `corner` i64[2], (x, y) px: u8[side, side, 3]."""
        return geometry.resized_window(self._image, corner.tolist(), side, scale=self.scale)

    def scaled(self, factor: float) -> "Picture":
        """Return the same image, seen at `factor` times the scale."""
        return Picture(self._image, factor * self.scale)

    def to_image(self, points: np.ndarray) -> np.ndarray:
        """Convert points f[..., 2], (x, y), from px of the network's input to px of the image."""
        return geometry.to_video(points, *self._image.shape[1::-1], scale=self.scale)

    def to_input(self, points: np.ndarray) -> np.ndarray:
        """Convert points f[..., 2], (x, y), from px of the image to px of the network's input; undoes `to_image`."""
        return geometry.to_network(points, *self._image.shape[1::-1], scale=self.scale)
