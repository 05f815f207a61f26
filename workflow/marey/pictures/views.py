"""Images as a network looks at them: all of one at once, or parts of it."""

from collections.abc import Callable, Sequence

import numpy as np

from marey.pictures import geometry

# Gives for n inputs of a network, u8[height, width, 3] of one size, the points f32[n, keypoint, 2], (x, y) px of them,
# confidences f32[n, keypoint], and perhaps more [n, keypoint].
Look = Callable[[Sequence[np.ndarray]], tuple[np.ndarray, ...]]


class Picture:
    """What the network may look at: `image` u8[height, width, 3], seen at `scale`; `size` (width, height) px of all."""

    def __init__(self, image: np.ndarray, scale: float):
        self._image, self._scale = image, scale
        self.size = geometry.input_size(*image.shape[1::-1], scale=scale)
        self.nbytes = image.nbytes

    def whole(self) -> np.ndarray:
        """The network's input for all of it."""
        return geometry.resize(self._image, scale=self._scale)

    def window(self, corner: np.ndarray, side: int) -> np.ndarray:
        """The square of `whole` that begins at `corner` (x, y)."""
        return geometry.resized_window(self._image, corner.tolist(), side, scale=self._scale)

    def scaled(self, factor: float) -> "Picture":
        """The same, seen at `factor` times the scale."""
        return Picture(self._image, factor * self._scale)

    def to_image(self, points: np.ndarray) -> np.ndarray:
        """Points f[..., 2] px of the network's input, as px of the image."""
        return geometry.to_video(points, *self._image.shape[1::-1], scale=self._scale)

    def to_input(self, points: np.ndarray) -> np.ndarray:
        """Points f[..., 2] px of the image, as px of the network's input: undoes `to_image`."""
        return geometry.to_network(points, *self._image.shape[1::-1], scale=self._scale)
