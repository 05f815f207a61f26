"""A stage: the image that animals are painted into, and the shadows that they cast."""

from dataclasses import dataclass

import numpy as np

from marey.synth.cameras import Camera


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
    left, top = np.clip(np.floor(position.min(axis=0) - reach), 0, stage.camera.size).astype(int) // 2 * 2
    right, bottom = np.clip(np.ceil(position.max(axis=0) + reach), 0, stage.camera.size).astype(int)
    if right <= left or bottom <= top:
        return
    place = stage.points[top:bottom:2, left:right:2]
    blobs = np.zeros(place.shape[:2], np.float32)
    for ball, radius in zip(trunk, radii, strict=True):
        offset = ball - place
        toward = offset @ lamp
        distance2 = (offset**2).sum(axis=-1) - toward**2
        blobs += np.where(toward > 0, np.exp(distance2 / -(radius**2)), 0)
    shade = 1 - stage.shadow_darkness * (1 - np.exp(-blobs))
    shade = shade.repeat(2, axis=0).repeat(2, axis=1)[: bottom - top, : right - left]
    stage.image[top:bottom, left:right] *= shade[..., None]
