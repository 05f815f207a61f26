"""A straight mouse, and a camera straight above it."""

import numpy as np

from marey.synth.backbone import SPINE_LINKS, TAIL_LINKS, Posture
from marey.synth.cameras import Camera

FAR, FOCAL = 1000.0, 2000.0  # mm, px: 2 px per mm on the floor


def straight(**changes) -> Posture:
    """Hold a mouse straight on the floor, with `changes`."""
    usual = {
        "bend": np.zeros(SPINE_LINKS),
        "pitch": np.zeros(SPINE_LINKS),
        "head": np.zeros(3),
        "tail": np.zeros((TAIL_LINKS, 2)),
        "stretch": 1.0,
        "roll": 0.0,
        "feet": np.zeros((4, 3)),
        "raised": np.zeros(2),
    }
    return Posture(**{**usual, **changes})


def camera(size=(120, 80)) -> Camera:
    """A camera straight above the middle of the floor; X to the right, Y up in the image."""
    intrinsics = np.array([[FOCAL, 0, size[0] / 2], [0, FOCAL, size[1] / 2], [0, 0, 1]])
    return Camera("top", size, intrinsics, np.diag([1.0, -1, -1]), np.array([0, 0, FAR]))
