"""Images that train: at the network's scale, whole, or the parts that squares about animals can show.

Decoding and scaling an image takes far longer than anything else that a batch needs of the host, so what has been drawn
is kept, up to IMAGE_CACHE_BYTES; beyond, images are decoded whenever they are drawn.
"""

import math
from collections.abc import Sequence

import numpy as np

from marey.pictures import geometry

IMAGE_CACHE_BYTES = 2 * 2**30


class Images(list):
    """Hold images u8[height, width, 3] with their `shapes`."""

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Return (height, width) of each, px."""
        return [image.shape[:2] for image in self]


class Joined(Sequence):
    """Hold images with `shapes`: those of one sequence, then those of another."""

    def __init__(self, first: Sequence[np.ndarray], second: Sequence[np.ndarray]):
        self._first, self._second = first, second
        self.shapes = [*first.shapes, *second.shapes]

    def __len__(self) -> int:
        return len(self.shapes)

    def __getitem__(self, index: int) -> np.ndarray:
        behind = index - len(self._first)
        return self._first[index] if behind < 0 else self._second[behind]


class Repeated(Sequence):
    """Hold images with `shapes`, of which number i is image `rows[i]` of `pictures`."""

    def __init__(self, pictures: Sequence[np.ndarray], rows: np.ndarray):
        self.pictures, self.rows = pictures, rows
        self.shapes = [pictures.shapes[row] for row in rows]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.pictures[int(self.rows[index])]


class ScaledImages(Sequence):
    """Hold whole images u8[height, width, 3] at the network's scale, padded as `geometry.resize` does.

    Attributes:
        factors: f32[n, 2], px of the network per px of the image, along x and y.
        corners: i64[n, 2], (x, y) of what is held in the scaled image, px: the corner.
        sizes: f32[n, 2], (width, height) without padding, px.
        shape: (height, width, 3) that holds each of them.
    """

    def __init__(self, images: Sequence[np.ndarray], scale: float | np.ndarray):
        """Take n images with `shapes`, and the scale of all or, f64[n], of each."""
        self._images, self._scales = images, np.broadcast_to(scale, len(images))
        self._kept: dict[int, np.ndarray] = {}
        self._room = IMAGE_CACHE_BYTES
        sides = [
            (int(width), int(height), each)
            for (height, width), each in zip(images.shapes, self._scales.tolist(), strict=True)
        ]
        self.factors = np.array([geometry.input_scale(*each) for each in sides], np.float32)
        self.corners = np.zeros((len(images), 2), np.int64)
        self.sizes = np.array([geometry.scaled_size(*each) for each in sides], np.float32)
        inputs = [geometry.input_size(width, height, scale=each) for width, height, each in sides]
        self.shape = *np.max(inputs, axis=0).tolist()[::-1], 3

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> np.ndarray:
        if index in self._kept:
            return self._kept[index]
        image = geometry.resize(self._images[index], scale=float(self._scales[index]))
        if image.nbytes <= self._room:
            self._kept[index] = image
            self._room -= image.nbytes
        return image


class Windows(Sequence):
    """Hold what squares about animals can show of the scaled images: a window of each image, as `ScaledImages` do.

    An image of several animals is decoded once for all its windows.
    """

    def __init__(self, images: Repeated, scale: float, centres: np.ndarray, reach: int):
        """Cut the windows.

        Args:
            images: an image for each animal.
            scale: px of the network per px of the images.
            centres: f32[n, 2], (x, y) px of the images, what the windows are about.
            reach: px of the network that they reach from there along x and y; less at the edge of an image.
        """
        self._images, self._scale = images, scale
        self._kept: dict[int, np.ndarray] = {}
        self._room = IMAGE_CACHE_BYTES
        sides = [(int(width), int(height), scale) for height, width in images.shapes]
        self.factors = np.array([geometry.input_scale(*each) for each in sides], np.float32)
        scaled = np.array([geometry.scaled_size(*each) for each in sides])
        centres = np.clip(centres * self.factors, 0, scaled)
        begin = np.maximum(np.floor(centres - reach).astype(int), 0) // 2 * 2  # even: halves round as in the image
        end = np.minimum(np.ceil(centres + reach).astype(int), scaled)
        self.corners, self._ends, self.sizes = begin, end, (end - begin).astype(np.float32)
        self.shape = *np.max(end - begin, axis=0).tolist()[::-1], 3

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> np.ndarray:
        if index in self._kept:
            return self._kept[index]
        whole = geometry.resize(self._images[index], scale=self._scale)
        of_frame = np.flatnonzero(self._images.rows == self._images.rows[index]).tolist()
        windows = {each: self._cut(whole, each) for each in of_frame}
        size = sum(window.nbytes for window in windows.values())
        if size < whole.nbytes:  # else they lie on each other: they are parts of the image, which stays
            windows = {each: window.copy() for each, window in windows.items()}
        if min(size, whole.nbytes) <= self._room:
            self._kept |= windows
            self._room -= min(size, whole.nbytes)
        return windows[index]

    def _cut(self, whole: np.ndarray, index: int) -> np.ndarray:
        (left, top), (right, bottom) = self.corners[index], self._ends[index]
        return whole[top:bottom, left:right]


def window_reach(crop: int, augment: dict) -> int:
    """Compute how far from the centre of a square an augmented square of `crop` px can see, whole px along x and y.

    `augment`: that block of the experiment. It counts magnification, rotation, shear, translation, the rounding of the
    centre, and the neighbour that bilinear sampling takes in.
    """

    def most(operation: str, name: str) -> float:
        return augment[operation][name] if augment[operation]["probability"] else 0.0

    smallest = min(1.0, *augment["scale"]["range"]) if augment["scale"]["probability"] else 1.0
    angle = math.radians(min(most("rotation", "largest"), 45))
    half = crop / 2 * (math.cos(angle) + math.sin(angle)) * (1 + math.tan(math.radians(most("shear", "largest"))))
    return math.ceil((half + crop * most("translation", "largest")) / smallest) + 2
