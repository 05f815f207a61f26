"""Places: what a camera sees of an arena without animals, drawn at random, or taken from a photograph."""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from marey.synth import blocks, floors, lamps, overlays, props
from marey.synth.cameras import Camera
from marey.synth.enclosures import build_walls, draw_enclosure
from marey.synth.viewpoints import aim_camera, draw_camera

NOTHING_AHEAD = 1e9  # mm, depth of what is never in front of an animal


@dataclass(frozen=True, eq=False)
class Place:
    """An empty place as a camera sees it.

    `image` f32[height, width, 3], 0..1 as displayed. `light` f32[height, width] falls on animals too. `solid`
    f32[height, width] is the depth along the optical axis (mm) of what is seen: what lies behind it is hidden. `points`
    f32[height, width, 3] are the places in the world (mm) that the pixels show, (0, 0, 0) in the middle of the floor.
    `arena` is the (X, Y) extent that animals stay in, mm; `lamp` f64[3] the direction to the lamp, `shadow_darkness`
    that of a full shadow, 0..1. `over` f32[height, width, 4] hangs in front of everything (colour times cover, cover).
    """

    camera: Camera
    image: np.ndarray
    light: np.ndarray
    solid: np.ndarray
    points: np.ndarray
    arena: tuple[float, float]
    lamp: np.ndarray
    shadow_darkness: float
    over: np.ndarray | None = None

    def props_over(self, image: np.ndarray) -> np.ndarray:
        """Return `image` f32[height, width, 3] behind what hangs over the animals: cables, hands, reflections."""
        return image if self.over is None else image * (1 - self.over[..., 3:]) + self.over[..., :3]


def draw_place(chance: np.random.Generator, size: tuple[int, int] = (320, 240)) -> Place:
    """Draw a place: an enclosure, its floor, things in it, lamps and the camera; `size` is (width, height), px."""
    enclosure = draw_enclosure(chance)
    camera = draw_camera(chance, size, enclosure.size)
    x, y, solid = floors.land(camera)
    pixel = float(camera.position[2] / camera.K[0, 0])  # mm
    palette = floors.draw_palette(chance)
    image = floors.draw_floor(chance, palette, enclosure.kind, x, y, pixel)
    lamp = lamps.draw_lamp(chance, enclosure.size)
    props.lay_flat(chance, camera, image, x, y)
    points = np.stack([x, y, np.zeros_like(x)], axis=-1)
    build_walls(chance, palette, enclosure, camera, image, solid, points)
    light = lamps.shine(chance, lamp, enclosure, points)
    blocks.put_up(blocks.draw_blocks(chance, camera), camera, lamp, image, light, solid, points)
    image *= light[..., None]
    lamps.add_highlights(chance, image)
    np.clip(image, 0, 1, out=image)
    over = overlays.draw_over(chance, size)
    if over is not None:
        solid[over[..., 3] > 0.6] = 1.0
    return Place(
        *(camera, image, light, solid, points, enclosure.animals, lamp.direction, lamp.shadow_darkness), over=over
    )


def place_over(chance: np.random.Generator, photograph: np.ndarray, body_px: float) -> Place:
    """Make a place of a photograph of an empty one, seen from above.

    Args:
        chance: draws distance and lamp.
        photograph: u8[height, width, 3], for instance of `backgrounds.median_background`.
        body_px: length of an adult mouse's body in it, snout to tail base, px.

    Returns:
        A place whose light is estimated: the photograph's luminance, blurred over half a body, relative to its middle.
    """
    height, width = photograph.shape[:2]
    camera = aim_camera((width, height), np.zeros(2), body_px=body_px, far=chance.uniform(500, 1500))
    x, y, _ = floors.land(camera)
    image = photograph.astype(np.float32) / 255
    points = np.stack([x, y, np.zeros_like(x)], axis=-1)
    light = estimate_light(photograph, body_px)
    lamp = lamps.draw_lamp(chance, (float(np.ptp(x)), float(np.ptp(y))))
    solid = np.full((height, width), NOTHING_AHEAD, np.float32)
    arena = (float(np.ptp(x)), float(np.ptp(y)))
    return Place(camera, image, light, solid, points, arena, lamp.direction, lamp.shadow_darkness)


def estimate_light(photograph: np.ndarray, body_px: float) -> np.ndarray:
    """Estimate the light f32[height, width] on a floor from its blurred luminance, 1 where it is as the median.

    A dark floor is no proof of little light: only a third of the difference from a middling grey counts for the level.
    """
    height, width = photograph.shape[:2]
    step = max(int(body_px / 16), 1)
    small = (
        Image.fromarray(photograph).convert("L").resize((-(-width // step), -(-height // step)), Image.Resampling.BOX)
    )
    blurred = gaussian_filter(np.asarray(small, np.float32) / 255 + 0.02, 0.5 * body_px / step)
    middle = float(np.median(blurred))
    level = np.clip(0.75 + (middle - 0.45) / 3 * 2, 0.45, 1.15)
    light = level * np.clip(blurred / middle, 0.35, 1.8) ** 0.7
    return np.asarray(Image.fromarray(light).resize((width, height), Image.Resampling.BILINEAR))
