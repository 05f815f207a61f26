"""Made looks of frames: thumbnails."""

import numpy as np

SHAPE = (6, 8)


def three_looks(seed=0):
    """Dark, bright and half-half frames with a little noise; frame i has look i % 3."""
    rng = np.random.default_rng(seed)
    half = np.zeros(SHAPE)
    half[:, 4:] = 200
    looks = [np.full(SHAPE, 20.0), np.full(SHAPE, 220.0), half + 10]
    return [looks[index % 3] + rng.normal(0, 2, SHAPE) for index in range(90)]
