"""Contact sheet of training examples as the network sees them: cut, turned, recoloured, with their keypoints."""

from pathlib import Path

import numpy as np

from marey.experiment.skeletons import Skeleton
from marey.views.plots import style

COLUMNS = 6


def plot_augmented(images: np.ndarray, points: np.ndarray, out: str | Path, *, skeleton: Skeleton) -> None:
    """Draw f32[example, height, width, 3] `images` (0..1) with f32[example, individual, keypoint, 2] `points` to `out`.

    Points are (x, y) px of the example, corner at (0, 0); NaN is not drawn. As many examples as are given.
    """
    rows = -(-len(images) // COLUMNS)
    with style.figure(out, width=9, height=1.5 * rows + 0.7, title="Augmented training examples") as drawn:
        for axes, image, animals in zip(style.sheet(drawn, len(images), columns=COLUMNS), images, points, strict=True):
            style.show_image(axes, np.clip(image, 0, 1))
            for animal in animals:
                style.draw_pose(axes, np.asarray(animal), skeleton, size=14)
        style.name_keypoints(drawn, skeleton)
