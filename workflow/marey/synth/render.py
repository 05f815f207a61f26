"""Rendering of images: capsules shaded as fur in a window around each animal, laid over the cached empty place."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, shift

from marey.synth import animal
from marey.synth.cameras import Camera, build_camera
from marey.synth.motion import simulate
from marey.synth.scene import Scene
from marey.synth.scenery import cast_rays, lamp_position, render_scenery

EXPOSURE_TIME = 0.008  # s
HAIR_LENGTH = 1.0  # mm that hair stands out at the outline
SHADOW_DARKNESS = 0.55  # darkness of a full shadow


@dataclass(frozen=True, eq=False)
class Surface:
    """What rays see of one animal; arrays f32[ray, ...], `capsule` i64[ray].

    `capsule` is the nearest capsule, `inside` how far inside the outline a ray passes (px), `depth` that of the skin
    (mm), `along` and `across` the place along the animal and across it (mm), `part` the place along its capsule (0..1),
    `normal` [ray, 3] that of the skin (camera axes).
    """

    capsule: np.ndarray
    inside: np.ndarray
    depth: np.ndarray
    along: np.ndarray
    across: np.ndarray
    part: np.ndarray
    normal: np.ndarray


def trace_surface(build: animal.Body, camera: Camera, points: np.ndarray, pixels: np.ndarray) -> Surface:
    """Trace rays to the animal whose capsules are those of `build`.

    A capsule is drawn as a rounded cone in the image plane: exact on the optical axis; at an angle of a to it, a ball's
    outline should be longer by 1 / cos(a) radially, which is left out: 3 % in the corners.

    Args:
        build: the constant part of the animal.
        camera: the camera that the rays start from.
        points: f64[point, 3], mm, as from `animal.capsule_ends` for one animal.
        pixels: f64[ray, 2], (x, y) px, where the rays pass.

    Returns:
        What each ray sees.
    """
    position, depth = camera.project(points)
    origin = pixels[0]
    a, b = ((position[build.ends[:, end]] - origin).astype(np.float32) for end in (0, 1))
    za, zb = (depth[build.ends[:, end]].astype(np.float32) for end in (0, 1))
    focal = np.float32(camera.K[0, 0])
    ra, rb = build.radii[:, 0] * focal / za, build.radii[:, 1] * focal / zb
    px, py = (pixels - origin).astype(np.float32).T

    axis = b - a
    length2 = np.maximum((axis**2).sum(axis=-1), 1e-6)[:, None]
    dx, dy = px - a[:, :1], py - a[:, 1:]
    free = (dx * axis[:, :1] + dy * axis[:, 1:]) / length2
    part = np.clip(free, 0, 1)
    dx -= part * axis[:, :1]
    dy -= part * axis[:, 1:]
    radius = ra[:, None] + part * (rb - ra)[:, None]
    distance2 = dx * dx + dy * dy
    inside = radius - np.sqrt(distance2)
    bulge = np.sqrt(np.maximum(radius * radius - distance2, 0))
    skin = za[:, None] + part * (zb - za)[:, None] - bulge * (za / focal)[:, None]

    order = np.where(inside >= 0, skin, 1e6 - 1e3 * inside)  # outside all outlines: the nearest outline
    nearest = order.argmin(axis=0)
    pick = (nearest, np.arange(len(px)))
    side = (axis[nearest, 0] * dy[pick] - axis[nearest, 1] * dx[pick]) / np.sqrt(length2[nearest, 0])
    normal = np.stack([dx[pick], dy[pick], -bulge[pick]], axis=-1)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6)
    along = build.along[nearest, 0] + free[pick] * (build.along[nearest, 1] - build.along[nearest, 0])
    across = side * za[nearest] / focal
    return Surface(nearest, inside.max(axis=0), skin[pick], along, across, part[pick], normal)


class Renderer:
    """Renders the frames of one scene as one camera sees them; any frame, in any order, always the same."""

    def __init__(self, scene: Scene, camera: str = "top"):
        self.scene = scene
        self.camera = build_camera(scene, camera)
        self.states = simulate(scene)
        self.builds = [animal.build_body(scene, individual) for individual in range(scene.individuals)]
        self._place = render_scenery(scene, self.camera)
        self._lamp = lamp_position(scene)[0].astype(np.float32)
        width, height = self.camera.size
        self._pixels = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1)
        self._solid = cast_rays(scene, self.camera, self._pixels)[1].astype(np.float32)
        self._hair = [self._pelt(individual) for individual in range(scene.individuals)]
        self._grain = scene.noise * np.sqrt(np.clip(self._place.image, 0.05, 1))  # shot noise

    def _pelt(self, individual: int) -> np.ndarray:
        """Make hair f32[256, 256], texels of 0.5 mm along and across: streaks and blotches, unit variance."""
        noise = self.scene.generator("hair", individual).standard_normal((2, 256, 256))
        fields = [gaussian_filter(noise[0], (3.0, 1.2), mode="wrap"), gaussian_filter(noise[1], 8, mode="wrap")]
        return (0.8 * fields[0] / fields[0].std() + 0.5 * fields[1] / fields[1].std()).astype(np.float32)

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """Yield the frames u8[height, width, 3] of the range [start, stop); None: up to the last."""
        for index in range(start, self.scene.frames if stop is None else stop):
            yield self.frame(index)

    def frame(self, index: int) -> np.ndarray:
        """Render frame `index` as u8[height, width, 3]."""
        states = self.states[index]
        points = animal.capsule_ends(self.scene, states, animal.backbone_nodes(self.scene, states))
        image = self._place.image.copy()
        solid = self._solid.copy()
        for body in points:
            self._cast_shadow(image, body)
        distance = self.camera.project(points.mean(axis=1))[1]
        for individual in np.argsort(-distance):
            self._draw(image, solid, individual, points[individual], states[individual])
        if self.scene.noise:
            chance = self.scene.generator(f"noise {self.camera.name}", index)
            image += chance.standard_normal(image.shape, dtype=np.float32) * self._grain
        np.clip(image, 0, 1, out=image)
        return (image * 255 + 0.5).astype(np.uint8)

    def _window(self, points: np.ndarray, reach: float) -> tuple[slice, slice]:
        """Return the rows and columns of the image within `reach` mm of the points."""
        position, depth = self.camera.project(points)
        reach = reach * self.camera.K[0, 0] / depth.min() + 2
        low, high = np.floor(position.min(axis=0) - reach), np.ceil(position.max(axis=0) + reach)
        left, top = np.clip(low, 0, self.camera.size).astype(int)
        right, bottom = np.clip(high, 0, self.camera.size).astype(int)
        return slice(top, bottom), slice(left, right)

    def _cast_shadow(self, image: np.ndarray, points: np.ndarray) -> None:
        """Darken what lies behind an animal as seen from the lamp: one soft blob for every second ball of its trunk."""
        trunk = points[1 : len(animal.TRUNK_PLACES) : 2].astype(np.float32)
        window = self._window(np.concatenate([trunk, trunk - self._lamp * (trunk[:, 2:] / self._lamp[2])]), 22)
        place = self._place.points[window]
        if not place.size:
            return
        offset = trunk[:, None, None] - place
        toward = offset @ self._lamp
        distance2 = (offset**2).sum(axis=-1) - toward**2
        blobs = np.where(toward > 0, np.exp(-distance2 / 150.0), 0).sum(axis=0)  # 150 mm2: a radius of 12 mm
        image[window] *= (1 - SHADOW_DARKNESS * (1 - np.exp(-blobs)))[..., None]

    def _draw(self, image: np.ndarray, solid: np.ndarray, individual: int, points: np.ndarray, state: np.void) -> None:
        """Lay one animal over `image` f32[H, W, 3] where it is nearer than `solid` f32[H, W] (mm), which it lowers."""
        window = self._window(points, 16)
        pixels = self._pixels[window]
        if not pixels.size:
            return
        near = self._near(individual, points, pixels)
        seen = trace_surface(self.builds[individual], self.camera, points, pixels[near])
        hair = self._hair[individual][(seen.along * 2).astype(int) % 256, (seen.across * 2).astype(int) % 256]
        hair *= self.builds[individual].fur[seen.capsule]
        stand = HAIR_LENGTH * self.camera.K[0, 0] / seen.depth
        cover = np.clip(seen.inside + 0.5 + 0.5 * stand * hair, 0, 1)
        ahead = solid[window][near]
        cover *= seen.depth < ahead
        solid[window][near] = np.where(cover > 0.5, seen.depth, ahead)
        colour = self._shade(individual, seen, hair) * self._place.light[window][near][:, None]
        layer = np.zeros((*near.shape, 4), np.float32)
        layer[near] = np.concatenate([colour * cover[:, None], cover[:, None]], axis=1)
        layer = self._blur(layer, points[0], state)
        image[window] *= 1 - layer[..., 3:]
        image[window] += layer[..., :3]

    def _near(self, individual: int, points: np.ndarray, pixels: np.ndarray) -> np.ndarray:
        """Find the pixels bool[h, w] in or near the outline, by a look at one in 64: most of a window is neither."""
        coarse = pixels[::8, ::8]
        seen = trace_surface(self.builds[individual], self.camera, points, coarse.reshape(-1, 2))
        reach = (
            14 + 2 * HAIR_LENGTH * self.camera.K[0, 0] / seen.depth
        )  # px: a block's diagonal, soft edge, longest hair
        near = (seen.inside > -reach).reshape(coarse.shape[:2])
        return near.repeat(8, axis=0).repeat(8, axis=1)[: pixels.shape[0], : pixels.shape[1]]

    def _shade(self, individual: int, seen: Surface, hair: np.ndarray) -> np.ndarray:
        """Compute colours f32[ray, 3]: Lambert's law, much ambient light, a pale belly, dark grazing angles, hair."""
        build = self.builds[individual]
        ends = build.albedo[seen.capsule]
        albedo = ends[:, 0] + seen.part[:, None] * (ends[:, 1] - ends[:, 0])
        normal = seen.normal @ self.camera.R.astype(np.float32)
        lit = 0.55 + 0.55 * np.maximum(normal @ self._lamp, 0)
        grazing = 1 - 0.35 * (1 + np.minimum(seen.normal[:, 2], 0)) ** 2
        flank = 1.12 - 0.2 * np.maximum(normal[:, 2], 0)
        return albedo * (lit * grazing * flank * (1 + 0.12 * hair))[:, None]

    def _blur(self, layer: np.ndarray, snout: np.ndarray, state: np.void) -> np.ndarray:
        """Smear a layer f32[h, w, 4] along the animal's way during the exposure, half of it before the frame's time."""
        step = np.append(
            state["speed"] * EXPOSURE_TIME * np.array([np.cos(state["heading"]), np.sin(state["heading"])]), 0
        )
        across, down = self.camera.project(snout + step)[0] - self.camera.project(snout)[0]
        if np.hypot(across, down) < 0.5:
            return layer
        ends = [shift(layer, (k * down, k * across, 0), order=1) for k in (-0.4, 0.4)]
        return (layer + ends[0] + ends[1]) / 3
