"""Figure of training examples as the network sees them: cut, turned, recoloured, with their keypoints."""

from pathlib import Path

import numpy as np

from marey.experiment.skeletons import Skeleton
from marey.views.plots import style

EXAMPLES_PER_ROW = 6


def plot_augmented(images: np.ndarray, points: np.ndarray, out: str | Path, *, skeleton: Skeleton) -> None:
    """Draw a contact sheet of training examples with their keypoints.

    Args:
        images: f32[example, height, width, 3], 0..1; all are drawn.
        points: f32[example, individual, keypoint, 2], (x, y) px of the example, corner at (0, 0); NaN is not drawn.
        out: the PNG that is written.
        skeleton: the keypoints and the lines between them.
    """
    rows = -(-len(images) // EXAMPLES_PER_ROW)
    height = 1.5 * rows + 0.7 + style.key_height(skeleton.keypoints, 9)
    with style.figure(out, width=9, height=height, title="Augmented training examples") as drawn:
        for axes, image, animals in zip(
            style.image_grid(drawn, len(images), columns=EXAMPLES_PER_ROW), images, points, strict=True
        ):
            style.show_image(axes, np.clip(image, 0, 1))
            for animal in animals:
                style.draw_pose(axes, np.asarray(animal), skeleton, size=14)
        style.keypoint_key(drawn, skeleton)
