"""Places seen from the side: a runway, a wheel, or the floor of a box, before a wall, darkness or a lamp."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from marey.synth import floors, overlays, stencils
from marey.synth.cameras import Camera
from marey.synth.places import Place
from marey.synth.textures import cloud_tile, litter_tile, sample
from marey.synth.viewpoints import BODY_LENGTH

# How a place is lit, and how often: from the front, before a dark background, or from behind, so that animals are dark.
LIGHTS = {"front": 0.5, "dark": 0.28, "behind": 0.22}
BODY_SHARES = (62 / 320, 230 / 320)  # length of a body of the image's width
HEIGHTS = (20.0, 150.0)  # mm of the camera above the floor
OVER_ODDS = (0.04, 0.02, 0.05, 0.10, 0.04, 0.04)  # as `overlays.OVERLAYS`


@dataclass(frozen=True, eq=False)
class SidePlace(Place):
    """A place whose ground is `curve` times X squared (1/mm) below that at X = 0: a wheel."""

    curve: float = 0.0


@dataclass(frozen=True)
class Ground:
    """What animals walk on: from its front edge to its rear edge at Y = -/+ `half`, mm.

    The background is at Y = `wall`. A floor that reaches it is that of a box; else the ground is a runway or a wheel,
    `thick` mm thick. `curve` is as that of SidePlace.
    """

    half: float
    wall: float
    thick: float
    curve: float = 0.0


def draw_side_place(chance: np.random.Generator, size: tuple[int, int] = (320, 240)) -> SidePlace:
    """Draw a place without animals as a camera near the floor sees it; `size` is (width, height), px."""
    light_from = list(LIGHTS)[chance.choice(len(LIGHTS), p=list(LIGHTS.values()))]
    ground = _draw_ground(chance)
    camera = _draw_camera(chance, size, ground)
    palette = _draw_palette(chance, light_from)
    image, solid, points, wall = _build(chance, camera, ground, palette)
    light = _shine(chance, size)
    darkness = chance.uniform(0.1, 0.6)
    if light_from == "behind":
        image[wall] *= 1 / np.maximum(light[wall], 0.3)[:, None]  # it shines by itself
    image *= light[..., None]
    if light_from == "behind":
        light = light * np.float32(chance.uniform(0.05, 0.45))
        darkness *= 0.4
    np.clip(image, 0, 1, out=image)
    over = _draw_front(chance, camera, ground, size)
    if over is not None:
        solid[over[..., 3] > 0.6] = 1.0
    seen = float(size[0] / camera.K[0, 0] * camera.project(np.zeros(3))[1])  # mm
    arena = (1.6 * seen, 2 * ground.half)
    lamp = _draw_lamp(chance)
    return SidePlace(camera, image, light, solid, points, arena, lamp, darkness, over=over, curve=ground.curve)


def _draw_ground(chance: np.random.Generator) -> Ground:
    """Draw a runway, a wheel, or the floor of a box."""
    kind = ("runway", "wheel", "box")[chance.choice(3, p=(0.42, 0.13, 0.45))]
    if kind == "box":
        half = chance.uniform(35, 130)
        return Ground(half, half + 1.0, chance.uniform(0, 40))
    half = chance.uniform(26, 45)
    wall, thick = half + chance.uniform(5, 400), chance.uniform(2, 60)
    return Ground(half, wall, thick, 1 / chance.uniform(160, 400) if kind == "wheel" else 0.0)


def _draw_camera(chance: np.random.Generator, size: tuple[int, int], ground: Ground) -> Camera:
    """Draw a camera before the ground: its height gives the tilt, the length of a body the focal length."""
    body = size[0] * np.exp(chance.uniform(*np.log(BODY_SHARES)))
    far = chance.uniform(250, 900) if chance.random() < 0.75 else chance.uniform(900, 3000)
    height = chance.uniform(*HEIGHTS) * (1 if far < 900 else far / 900)
    # The middle of the image shows a place a little above the floor; animals walk at its middle or in its lower part.
    view = size[1] / body * BODY_LENGTH
    middle = 18 + (view / 2 - 30) * chance.uniform(0, 0.85) * (view > 60)
    tilt = np.arctan2(height - middle, far) + chance.normal(0, 0.01)
    turn, roll = chance.normal(0, 0.05 if chance.random() < 0.8 else 0.3), chance.normal(0, 0.015)
    forward = np.array([np.sin(turn) * np.cos(tilt), np.cos(turn) * np.cos(tilt), -np.sin(tilt)])
    right = np.array([np.cos(turn), -np.sin(turn), 0])
    down = np.cross(forward, right)
    right, down = np.cos(roll) * right + np.sin(roll) * down, np.cos(roll) * down - np.sin(roll) * right
    rotation = np.stack([right, down, forward])
    focal = body / BODY_LENGTH * far
    intrinsics = np.array([[focal, 0, size[0] / 2], [0, focal, size[1] / 2], [0, 0, 1]])
    position = np.array([0, 0, middle]) - far * forward
    position[1] = min(position[1], -ground.half - 120)
    return Camera("side", size, intrinsics, rotation, -rotation @ position)


def _draw_palette(chance: np.random.Generator, light_from: str) -> floors.Palette:
    """Draw colours of the ground, of the background, and of the front of the ground."""

    def grey(low: float, high: float, tint: float = 0.03) -> np.ndarray:
        return (chance.uniform(low, high) * (1 + chance.normal(0, tint, 3))).clip(0.005, 1).astype(np.float32)

    if light_from == "dark":
        return floors.Palette(grey(0.03, 0.4), grey(0.005, 0.09), grey(0.02, 0.4))
    if light_from == "behind":
        return floors.Palette(grey(0.03, 0.5), grey(0.7, 1.0), grey(0.02, 0.4))
    drawn = floors.draw_palette(chance)
    front = drawn.floor * np.float32(chance.uniform(0.4, 1.0)) if chance.random() < 0.6 else grey(0.03, 0.9, 0.1)
    return floors.Palette(drawn.floor, drawn.wall if chance.random() < 0.7 else drawn.outside, front)


def _build(
    chance: np.random.Generator, camera: Camera, ground: Ground, palette: floors.Palette
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Find what the rays meet and paint it.

    Returns:
        The image f32[height, width, 3] before light falls on it, depths f32[height, width] and places
        f32[height, width, 3], mm, and bool[height, width] where the background is.
    """
    rays = np.stack(floors.pixel_rays(camera), axis=-1)
    eye, curve = camera.position.astype(np.float32), np.float32(ground.curve)
    along, across, down = rays[..., 0], np.maximum(rays[..., 1], np.float32(1e-3)), rays[..., 2]
    # Where z = - curve x^2: the root of a quadratic that is the only one of a plane, too.
    slope, above = down + 2 * curve * eye[0] * along, eye[2] + curve * eye[0] ** 2
    inside = slope * slope - 4 * curve * along * along * above
    floor = 2 * above / np.maximum(np.sqrt(np.maximum(inside, 0)) - slope, np.float32(1e-5))
    deep = np.where(inside >= 0, eye[1] + floor * across, np.float32(1e6))
    on_floor = (deep >= -ground.half) & (deep <= ground.half)
    front = (-np.float32(ground.half) - eye[1]) / across
    height = eye[2] + front * down + curve * (eye[0] + front * along) ** 2
    on_front = (deep < -ground.half) & (height < 0) & (height > -ground.thick)
    solid = np.where(on_floor, floor, np.where(on_front, front, (np.float32(ground.wall) - eye[1]) / across))
    points = eye + solid[..., None] * rays
    x, y, z = (np.ascontiguousarray(points[..., axis]) for axis in range(3))
    pixel = float(-eye[1] / camera.K[0, 0])  # mm
    wall = ~(on_floor | on_front)
    image = _background(chance, palette, x, z, pixel, wall, blurred=ground.wall - ground.half > 60)
    kind = ("box", "cage", "open", "tub")[chance.choice(4, p=(0.5, 0.2, 0.2, 0.1))]
    image[on_floor] = floors.draw_floor(chance, palette, kind, x[on_floor], y[on_floor], pixel)
    if on_front.any():
        edge = floors.Palette(palette.outside, palette.wall, palette.outside)
        image[on_front] = floors.draw_floor(chance, edge, "plate", x[on_front], z[on_front], pixel)
        lip = on_front & (height > -chance.uniform(1, 5))
        image[lip] *= np.float32(chance.uniform(0.5, 1.6))
    if chance.random() < 0.5:  # dark where the ground meets the wall
        gap = np.where(on_floor, ground.half - y, np.abs(z + curve * x * x))
        near = np.exp(-np.maximum(gap, 0) / np.float32(chance.uniform(3, 15)))
        image *= (1 - np.float32(chance.uniform(0, 0.4)) * near * ~on_front)[..., None]
    return _smooth(image, 0.7), solid, points, wall  # edges and grazing textures are drawn without antialiasing


def _background(chance, palette, x, z, pixel, wall, *, blurred: bool) -> np.ndarray:
    """Paint what is behind the ground, f32[height, width, 3]: plain, of boards or bars, things out of focus."""
    drawn = floors.Palette(palette.wall, palette.wall, palette.wall)
    if chance.random() < 0.75:
        shade = 1 + np.float32(chance.exponential(0.04)) * sample(chance, cloud_tile(), x, z, chance.uniform(1, 3))
        image = palette.wall * shade[..., None]
    else:
        image = floors.draw_floor(chance, drawn, "open" if chance.random() < 0.85 else "grid", x, z, pixel)
    size = x.shape[::-1]
    for _ in range(chance.poisson(0.9)):
        shape = stencils.ellipse if chance.random() < 0.3 else stencils.rectangle
        half = np.exp(chance.uniform(np.log(0.01), np.log(0.4), 2)) * size[0]
        angle = chance.choice([0, np.pi / 2, chance.uniform(0, np.pi)])
        spot = shape(chance.uniform(0, 1, 2) * size, tuple(half), angle)
        cover = stencils.fill(size, [spot], soft=chance.uniform(0, 3)) * np.float32(chance.uniform(0.3, 1)) * wall
        alike = chance.random() < 0.7
        colour = palette.wall * chance.uniform(0.2, 1.8) if alike else np.full(3, chance.uniform(0, 0.9))
        stencils.lay(image, cover, np.clip(colour, 0, 1))
    shade = np.linspace(-0.5, 0.5, size[1], dtype=np.float32) * np.float32(chance.uniform(-0.5, 0.5))
    image *= (1 + shade)[:, None, None]
    return _smooth(image, chance.uniform(1, 4)) if blurred else image


def _smooth(image: np.ndarray, sigma: float) -> np.ndarray:
    return gaussian_filter(image, (sigma, sigma, 0), truncate=2.0)


def _shine(chance: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Draw light f32[height, width]: bright in one place, dimmer away from it."""
    level = chance.uniform(0.7, 1.2) if chance.random() < 0.75 else chance.uniform(0.3, 0.7)
    u = np.linspace(-1, 1, size[0], dtype=np.float32) - np.float32(chance.normal(0, 0.5))
    v = np.linspace(-1, 1, size[1], dtype=np.float32)[:, None] - np.float32(chance.normal(0, 0.5))
    fall = chance.uniform(0, 0.35) if chance.random() < 0.7 else chance.uniform(0.35, 0.9)
    return np.float32(level) * np.exp(-np.float32(fall) * (0.6 * u * u + 0.4 * v * v))


def _draw_lamp(chance: np.random.Generator) -> np.ndarray:
    """Draw the direction f64[3] to the lamp: above, and mostly on the side of the camera."""
    elevation = np.radians(chance.uniform(15, 80))
    azimuth = -np.pi / 2 + chance.normal(0, 0.9)
    return np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])


def _draw_front(chance, camera: Camera, ground: Ground, size: tuple[int, int]) -> np.ndarray | None:
    """Draw what is before the animals, f32[height, width, 4]: bedding, posts, glass and what hangs there, or None."""
    over = overlays.draw_over(chance, size, OVER_ODDS)
    kind = ("nothing", "bedding", "post", "glass")[chance.choice(4, p=(0.72, 0.1, 0.06, 0.12))]
    if kind == "nothing":
        return over
    over = np.zeros((size[1], size[0], 4), np.float32) if over is None else over
    edge = camera.project(np.array([[-20.0, -ground.half, 0], [20.0, -ground.half, 0]]))[0]
    if kind == "bedding":
        rise = camera.K[0, 0] / camera.project(np.array([0, -ground.half, 0]))[1] * chance.uniform(1, 9)
        u = np.linspace(0, 1, size[0])
        waves = sum(np.sin(2 * np.pi * (k * u + chance.uniform())) / k for k in (2, 5, 11, 23))
        line = edge[:, 1].mean() - rise * (1 + 0.4 * waves)
        cover = np.clip(np.arange(size[1])[:, None] + 0.5 - line, 0, 1).astype(np.float32)
        flakes = sample(chance, litter_tile(7, 3), *np.meshgrid(*(np.arange(n, dtype=np.float32) for n in size)), 0.7)
        colour = chance.uniform(0.3, 0.8) * np.array([1.05, 0.95, 0.75]) * (1 + 0.35 * flakes[..., None])
    elif kind == "post":
        place, wide = chance.uniform(0, size[0]), size[0] * chance.uniform(0.01, 0.05)
        post = stencils.rectangle(np.array([place, size[1] / 2]), (wide, size[1]), chance.normal(0, 0.03))
        cover, colour = stencils.fill(size, [post], soft=chance.uniform(0.3, 2)), np.full(3, chance.uniform(0.02, 0.8))
    else:
        haze = np.abs(sample(chance, cloud_tile(), *np.meshgrid(*(np.arange(n, dtype=np.float32) for n in size)), 1.0))
        cover, colour = np.clip(haze * chance.uniform(0.01, 0.12), 0, 0.4), np.full(3, chance.uniform(0.3, 1.0))
    over *= 1 - cover[..., None]
    layer = np.concatenate([np.broadcast_to(colour, (*cover.shape, 3)), np.ones((*cover.shape, 1))], axis=-1)
    return over + (cover[..., None] * np.clip(layer, 0, 1)).astype(np.float32)
