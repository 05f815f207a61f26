"""Training examples: labelled frames at the network's scale, drawn in batches."""

from collections.abc import Iterator, Sequence

import numpy as np

from marey.labels import dataset
from marey.pictures import geometry, squares

# Decoded images are kept up to this size; beyond it they are decoded whenever they are drawn.
IMAGE_CACHE_BYTES = 2 * 2**30


class Images(list):
    """Hold images u8[height, width, 3] with their `shapes`."""

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Return (height, width) of each, px."""
        return [image.shape[:2] for image in self]


class ScaledImages(Sequence):
    """Hold images u8[height, width, 3] at the network's scale, padded as `geometry.resize` does.

    `scales` f64[n] is that of each; one number is that of all.

    Models that are trained side by side share them: what is kept is kept once.
    """

    def __init__(self, images: Sequence[np.ndarray], scale: float | np.ndarray):
        self._images, self.scales = images, np.broadcast_to(scale, len(images))
        self._kept: dict[int, np.ndarray] = {}
        self._room = IMAGE_CACHE_BYTES

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> np.ndarray:
        if index in self._kept:
            return self._kept[index]
        image = geometry.resize(self._images[index], scale=float(self.scales[index]))
        if image.nbytes <= self._room:
            self._kept[index] = image
            self._room -= image.nbytes
        return image


class Examples:
    """Hold labelled frames at the network's scale, padded to one size, to draw batches from.

    `points` f32[n, individual, keypoint, 2] and `sizes` f32[n, 2], (width, height), are in px of the scaled images.

    Args:
        labelled: all frames.
        images: their images at the network's scale.
        chosen: i64[n], the frames to draw from, at least one.
        centred: frames have one animal each, and batches say where crops are to be centred, `centres` f32[B, 2].
        identity: i32[frame, individual], who each is (see `dataset.identity_codes`); None where that is not asked.
        replayed: how many of the last of `chosen` are shown again: of these each batch has its share.
    """

    def __init__(
        self,
        labelled: dataset.LabelledFrames,
        images: ScaledImages,
        chosen: np.ndarray,
        *,
        centred: bool = False,
        identity: np.ndarray | None = None,
        replayed: int = 0,
    ):
        self._images, self._chosen, self.replayed, scales = images, chosen, replayed, images.scales[chosen].tolist()
        shapes = np.array(labelled.images.shapes)[chosen]
        sides = [(int(width), int(height), scale) for (height, width), scale in zip(shapes, scales, strict=True)]
        inputs = [geometry.input_size(width, height, scale=scale) for width, height, scale in sides]
        self._width, self._height = np.max(inputs, axis=0)
        factors = np.array([geometry.input_scale(*each) for each in sides], np.float32)
        self.points = labelled.points[chosen] * factors[:, None, None, :]
        self.sizes = shapes[:, ::-1].astype(np.float32) * factors
        self.visibility = labelled.visibility[chosen]
        self._more = {"centres": squares.box_middles(self.points)[:, 0]} if centred else {}
        if identity is not None:
            self._more["identity"] = identity[chosen]

    def __len__(self) -> int:
        return len(self._chosen)

    def orders(self, size: int, *, share: float, seed: int, start: int) -> Iterator[np.ndarray]:
        """Yield the indices i64[size] of endless batches, of which a `share` is shown again where there is such."""
        if not self.replayed:
            return draw_batches(len(self), size, seed=seed, start=start)
        return draw_mixed(len(self), self.replayed, size, share=share, seed=seed, start=start)

    def image(self, index: int) -> np.ndarray:
        """Return the image of the example `index`, u8[height, width, 3], as wide and as high as the largest."""
        scaled = self._images[int(self._chosen[index])]
        image = np.zeros((self._height, self._width, 3), np.uint8)
        image[: scaled.shape[0], : scaled.shape[1]] = scaled
        return image

    def batch(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """Return the examples `indices` i64[B] as arrays by name.

        They are `images` u8[B, H, W, 3], `points` f32[B, N, K, 2], `sizes` f32[B, 2], `visibility` i8[B, N, K] and,
        where the examples have them, `centres` f32[B, 2] and `identity` i32[B, N].
        """
        return {
            "images": np.stack([self.image(index) for index in indices.tolist()]),
            "points": self.points[indices],
            "sizes": self.sizes[indices],
            "visibility": self.visibility[indices],
            **{name: values[indices] for name, values in self._more.items()},
        }


def draw_batches(count: int, size: int, *, seed: int, start: int = 0) -> Iterator[np.ndarray]:
    """Draw endless batches of indices: one seeded permutation after another, without a break.

    Args:
        count: number of examples.
        size: examples of a batch.
        seed: seed of the permutations of range(count).
        start: batches to leave out: a training that goes on draws what it would have drawn.

    Returns:
        An iterator over i64[size].
    """
    generator = np.random.default_rng(seed)
    skip = start * size
    for _ in range(skip // count):
        generator.permutation(count)
    queue = generator.permutation(count)[skip % count :]
    while True:
        while len(queue) < size:
            queue = np.concatenate([queue, generator.permutation(count)])
        yield queue[:size]
        queue = queue[size:]


def draw_mixed(
    count: int, replayed: int, size: int, *, share: float, seed: int, start: int = 0
) -> Iterator[np.ndarray]:
    """Draw endless batches of which a share is shown again, at least one example of each kind.

    Args:
        count: number of examples, those that are shown again last.
        replayed: how many these are.
        size: examples of a batch, at least 2.
        share: of a batch that is shown again.
        seed: see `draw_batches`.
        start: see `draw_batches`.

    Returns:
        An iterator over i64[size].
    """
    again = min(max(round(share * size), 1), size - 1)
    new = draw_batches(count - replayed, size - again, seed=seed, start=start)
    old = draw_batches(replayed, again, seed=seed, start=start)
    for one, other in zip(new, old, strict=False):  # both are endless
        yield np.concatenate([one, count - replayed + other])
