"""Training examples: labelled frames at the network's scale, drawn in batches."""

import logging
from collections.abc import Iterator

import numpy as np

from marey.labels import dataset
from marey.training import looks, orders
from marey.training.images import ScaledImages, Windows

_log = logging.getLogger(__name__)


class Examples:
    """Hold labelled frames at the network's scale, padded to one size, to make batches of.

    `shape` (height, width, 3) is that of the images. `labels` are arrays by name of all frames: `points` f32[n, N, K,
    2] and `sizes` f32[n, 2], (width, height), px of the images as they are held, `visibility` i8[n, N, K] and, where
    asked for, `centres` f32[n, 2] and `identity` i32[n, N].

    Args:
        labelled: n frames, whether they train or not: those of all folds have one size.
        images: their images at the network's scale, whole or in part.
        centres: f32[n, 2], (x, y) px of the frames, where crops are to be centred; None: anywhere.
        identity: i32[frame, individual], who each is (see `dataset.identity_codes`); None where that is not asked.
        replayed: how many of the last are shown again.
        share: of each batch, that is shown again.
    """

    def __init__(
        self,
        labelled: dataset.LabelledFrames,
        images: ScaledImages | Windows,
        *,
        centres: np.ndarray | None = None,
        identity: np.ndarray | None = None,
        replayed: int = 0,
        share: float = 0.0,
    ):
        self._images, self._videos, self._replayed, self._share = images, labelled.video, replayed, share
        self._thumbnails: dict[int, np.ndarray] = {}
        self.shape = images.shape
        corners = images.corners.astype(np.float32)
        self.labels = {
            "points": labelled.points * images.factors[:, None, None] - corners[:, None, None],
            "sizes": images.sizes,
            "visibility": labelled.visibility,
        }
        if centres is not None:
            self.labels["centres"] = centres * images.factors - corners
        if identity is not None:
            self.labels["identity"] = identity

    def __len__(self) -> int:
        return len(self._images)

    def with_replayed(self, rows: np.ndarray) -> np.ndarray:
        """Append to the `rows` i64[n] those of the examples that are shown again."""
        return np.concatenate([rows, np.arange(len(self) - self._replayed, len(self))])

    def looks(self, rows: np.ndarray) -> np.ndarray:
        """Number the looks of the examples `rows` i64[n], i64[n]: near-copies have one (`looks.near_copies`)."""
        whole = self.labels["points"][rows] + self._images.corners[rows, None, None]
        found = looks.near_copies(
            [self._videos[row] for row in rows], whole, lambda place: self._thumbnail(rows[place])
        )
        number = len(np.unique(found))
        if number < len(rows):
            _log.info("%d examples have %d looks: near-copies take turns, as one example", len(rows), number)
        return found

    def orders(self, rows: np.ndarray, size: int, *, seed: int, start: int = 0) -> Iterator[np.ndarray]:
        """Yield the examples i64[size] of endless batches.

        They are drawn from `rows` i64[n], at least one, each look of them as often as any other, and a share from what
        is shown again, where there is such. `seed` and `start` as in `orders.draw_batches`.
        """
        drawn, found = self.with_replayed(rows), self.looks(rows)
        if self._replayed:
            places = orders.draw_mixed(found, self._replayed, size, share=self._share, seed=seed, start=start)
        else:
            places = orders.draw_balanced(found, size, seed=seed, start=start)
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

    def _thumbnail(self, row: int) -> np.ndarray:
        if row not in self._thumbnails:
            self._thumbnails[row] = looks.make_thumbnail(self._images[row], self.labels["sizes"][row])
        return self._thumbnails[row]
