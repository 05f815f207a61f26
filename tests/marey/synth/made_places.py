"""An empty place to put things into, and seeded chance."""

import numpy as np

from marey.synth.floors import land
from marey.synth.viewpoints import aim_camera


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64([9, seed]))


def empty(tilt: float = 0.0):
    """Camera, image f32[120, 160, 3], depth f32[120, 160] (mm) and points [120, 160, 3] (mm) of a plain grey floor."""
    camera = aim_camera((160, 120), np.zeros(2), body_px=45.0, far=800.0, tilt=tilt)
    x, y, solid = land(camera)
    points = np.stack([x, y, 0 * x], axis=-1)
    return camera, np.full((120, 160, 3), 0.5, np.float32), solid, points
