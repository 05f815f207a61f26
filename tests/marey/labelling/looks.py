"""Made looks of frames: thumbnails of as many pixels as a look has cells."""

import numpy as np

from marey.videos.looks import GRID

SHAPE = GRID


def look_bytes(light, structure=40) -> list[bytes]:
    """The column `look` of the table `frames`, of light [frame, *SHAPE] (None: black)."""
    light = [np.zeros(SHAPE) if one is None else one for one in light]
    fine = np.broadcast_to(structure, (len(light), *SHAPE))
    return [
        np.stack([one.reshape(SHAPE), other]).astype(np.uint8).tobytes() for one, other in zip(light, fine, strict=True)
    ]


def three_looks(seed=0):
    """Dark, bright and half-half frames with a little noise; frame i has look i % 3."""
    rng = np.random.default_rng(seed)
    half = np.zeros(SHAPE)
    half[:, 4:] = 200
    looks = [np.full(SHAPE, 20.0), np.full(SHAPE, 220.0), half + 10]
    return [looks[index % 3] + rng.normal(0, 2, SHAPE) for index in range(90)]
