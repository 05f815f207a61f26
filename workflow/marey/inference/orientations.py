"""Orientations: a network looks at an image as it is, turned by quarter turns, in a mirror; the heatmaps are averaged.

Quarter turns and mirror images move whole pixels, and cells of heatmaps lie evenly in images whose sides are multiples
of the stride: what is seen moves back exactly. Of a network that looks at all eight, the mean turns with the image,
whatever the network learnt.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import jax
import numpy as np

Maps = TypeVar("Maps", np.ndarray, jax.Array)  # [n, height, width, channel]


class Orientation(NamedTuple):
    """Say how an image is looked at: in a `mirror`, left to right, or not, and then turned by so many `quarters`."""

    quarters: int = 0
    mirror: bool = False


# What each value of `infer.flip` stands for.
ORIENTATIONS = {
    False: (Orientation(),),
    True: (Orientation(), Orientation(mirror=True)),
    "turns": tuple(Orientation(quarters) for quarters in range(4)),
    "all": tuple(Orientation(quarters, mirror) for mirror in (False, True) for quarters in range(4)),
}


class Orientations(NamedTuple):
    """The orientations in which a network looks at `each` image.

    `mirrored` is the keypoint order in a mirror image (`Skeleton.mirrored`); empty: no keypoints change places.
    """

    each: tuple[Orientation, ...] = ORIENTATIONS[False]
    mirrored: tuple[int, ...] = ()

    def turn(self, images: np.ndarray) -> list[np.ndarray]:
        """Make what is to be looked at of images u8[n, height, width, 3]; by odd quarter turns, sides are exchanged."""
        return [
            np.ascontiguousarray(_turned(images[:, :, ::-1] if mirror else images, quarters))
            for quarters, mirror in self.each
        ]

    def turn_back(self, seen: Sequence[Maps]) -> list[Maps]:
        """Move what is seen in each orientation, maps [n, h or w, w or h, keypoint], to where it is in the images.

        Returns maps [n, h, w, keypoint], each keypoint under its name.
        """
        upright = [_turned(maps, -quarters) for maps, (quarters, _) in zip(seen, self.each, strict=True)]
        return [
            self._unmirrored(maps) if mirror else maps for maps, (_, mirror) in zip(upright, self.each, strict=True)
        ]

    def mean(self, logits: Sequence[jax.Array]) -> jax.Array:
        """Compute heatmaps f32[n, h, w, keypoint], 0..1: the mean of those that `logits` are of, one an orientation."""
        return sum(map(jax.nn.sigmoid, self.turn_back(logits))) / len(logits)

    def _unmirrored(self, maps: Maps) -> Maps:
        maps = maps[:, :, ::-1]
        return maps[..., np.array(self.mirrored)] if self.mirrored else maps


AS_IT_IS = Orientations()


def _turned(maps: Maps, quarters: int) -> Maps:
    """Turn maps [n, height, width, channel] by quarter turns, counterclockwise on the screen."""
    for _ in range(quarters % 4):
        maps = maps[:, :, ::-1].swapaxes(1, 2)
    return maps
