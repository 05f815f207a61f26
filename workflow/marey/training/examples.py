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
    """Hold labelled frames at the network's scale, padded to one size, to make batches of.

    `shape` (height, width, 3) is that of the images. `labels` are arrays by name of all frames: `points` f32[n, N, K,
    2] and `sizes` f32[n, 2], (width, height), px of the scaled images, `visibility` i8[n, N, K] and, where asked for,
    `centres` f32[n, 2] and `identity` i32[n, N].

    Args:
        labelled: n frames, whether they train or not: those of all folds have one size.
        images: their images at the network's scale.
        centred: frames have one animal each, and batches say where crops are to be centred, `centres`.
        identity: i32[frame, individual], who each is (see `dataset.identity_codes`); None where that is not asked.
        replayed: how many of the last are shown again.
        share: of each batch, that is shown again.
    """

    def __init__(
        self,
        labelled: dataset.LabelledFrames,
        images: ScaledImages,
        *,
        centred: bool = False,
        identity: np.ndarray | None = None,
        replayed: int = 0,
        share: float = 0.0,
    ):
        self._images, self._replayed, self._share = images, replayed, share
        shapes = np.array(labelled.images.shapes)
        sides = [
            (int(width), int(height), scale)
            for (height, width), scale in zip(shapes, images.scales.tolist(), strict=True)
        ]
        inputs = [geometry.input_size(width, height, scale=scale) for width, height, scale in sides]
        width, height = np.max(inputs, axis=0).tolist()
        self.shape = height, width, 3
        factors = np.array([geometry.input_scale(*each) for each in sides], np.float32)
        points = labelled.points * factors[:, None, None, :]
        self.labels = {
            "points": points,
            "sizes": shapes[:, ::-1].astype(np.float32) * factors,
            "visibility": labelled.visibility,
        }
        if centred:
            self.labels["centres"] = squares.box_middles(points)[:, 0]
        if identity is not None:
            self.labels["identity"] = identity

    def __len__(self) -> int:
        return len(self._images)

    def with_replayed(self, rows: np.ndarray) -> np.ndarray:
        """Append to the `rows` i64[n] those of the examples that are shown again."""
        return np.concatenate([rows, np.arange(len(self) - self._replayed, len(self))])

    def orders(self, rows: np.ndarray, size: int, *, seed: int, start: int = 0) -> Iterator[np.ndarray]:
        """Yield the examples i64[size] of endless batches.

        They are drawn from `rows` i64[n], at least one, and a share from what is shown again, where there is such.
        `seed` and `start` as in `draw_batches`.
        """
        drawn = self.with_replayed(rows)
        if self._replayed:
            places = draw_mixed(len(drawn), self._replayed, size, share=self._share, seed=seed, start=start)
        else:
            places = draw_batches(len(drawn), size, seed=seed, start=start)
        return (drawn[order] for order in places)

    def image(self, row: int) -> np.ndarray:
        """Return the image of an example, u8[height, width, 3], as wide and as high as the largest."""
        scaled = self._images[row]
        image = np.zeros(self.shape, np.uint8)
        image[: scaled.shape[0], : scaled.shape[1]] = scaled
        return image

    def batch(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return the examples `rows` i64[B] as arrays by name: `images` u8[B, H, W, 3] and the `labels`."""
        images = np.stack([self.image(row) for row in rows.tolist()])
        return {"images": images, **{name: values[rows] for name, values in self.labels.items()}}


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
