"""A stage: the image that animals are painted into, and the shadows that they cast."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from marey.synth.cameras import Camera

COARSE = 4  # px: shadows are soft, and computed in steps of this


@dataclass(eq=False)
class Stage:
    """The image that animals are painted into, changed in place.

    `image` f32[h, w, 3] 0..1; `light` f32[h, w] that falls on animals; `solid` f32[h, w] depth of what stands before
    them, mm; `points` f32[h, w, 3] what the empty place shows, mm; `lamp` f32[3] direction to the lamp.
    """

    camera: Camera
    image: np.ndarray
    light: np.ndarray
    solid: np.ndarray
    points: np.ndarray
    lamp: np.ndarray
    shadow_darkness: float


def cast_shadow(stage: Stage, trunk: np.ndarray, radii: np.ndarray) -> None:
    """Darken what lies behind an animal as seen from the lamp: a soft blob for each ball of its trunk.

    `trunk` f64[ball, 3] are centres, `radii` f64[ball] radii, mm.
    """
    trunk, radii = trunk.astype(np.float32), radii.astype(np.float32)
    lamp = stage.lamp.astype(np.float32)
    ground = trunk - lamp * (trunk[:, 2:] / max(lamp[2], 0.2))
    position, depth = stage.camera.project(np.concatenate([trunk, ground]))
    reach = 2.2 * radii.max() * stage.camera.K[0, 0] / depth.min()
    low = np.clip(np.floor(position.min(axis=0) - reach), 0, stage.camera.size).astype(int)
    high = np.clip(np.ceil(position.max(axis=0) + reach), 0, stage.camera.size).astype(int)
    if (high <= low).any():
        return
    columns, rows = (np.arange(low[axis], high[axis], COARSE) + COARSE // 2 for axis in (0, 1))
    height, width = stage.points.shape[:2]
    place = stage.points[np.ix_(np.minimum(rows, height - 1), np.minimum(columns, width - 1))]
    far, near = place @ lamp, (place**2).sum(axis=-1)
    blobs = np.zeros(place.shape[:2], np.float32)
    for ball, radius in zip(trunk, radii, strict=True):
        toward = ball @ lamp - far
        distance2 = near - 2 * (place @ ball) + ball @ ball - toward**2
        blobs += np.where(toward > 0, np.exp(distance2 / -(radius**2)), 0)
    shade = Image.fromarray(1 - np.float32(stage.shadow_darkness) * (1 - np.exp(-blobs)))
    shade = shade.resize((COARSE * len(columns), COARSE * len(rows)), Image.Resampling.BILINEAR)
    window = tuple(map(slice, low[::-1], high[::-1]))
    stage.image[window] *= np.asarray(shade)[: high[1] - low[1], : high[0] - low[0], None]
