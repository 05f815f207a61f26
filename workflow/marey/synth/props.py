"""Props: what lies flat in an arena, some of it as dark and as long as a mouse or its tail."""

import numpy as np

from marey.synth import stencils
from marey.synth.cameras import Camera
from marey.synth.textures import litter_tile, sample
from marey.synth.viewpoints import spot_on_floor

FLAT = ("droppings", "tape", "stains", "blobs", "curves", "writing", "nest", "food")
FLAT_ODDS = (0.35, 0.15, 0.3, 0.3, 0.35, 0.06, 0.08, 0.12)


def lay_flat(
    chance: np.random.Generator,
    camera: Camera,
    image: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    odds: tuple[float, ...] = FLAT_ODDS,
) -> None:
    """Lay flat things on a floor, in place.

    Args:
        chance: draws.
        camera: what sees them.
        image: f32[height, width, 3] of the floor.
        x, y: f32[height, width], its places, mm.
        odds: of each of FLAT.
    """
    for name, likely in zip(FLAT, odds, strict=True):
        if chance.random() < likely:
            _LAYERS[name](chance, camera, image, x, y)


def _droppings(chance, camera, image, x, y):
    spots = spot_on_floor(chance, camera, 1 + int(chance.exponential(15)))
    long, wide = chance.uniform(2, 3.5), chance.uniform(0.8, 1.3)
    ovals = [stencils.ellipse(spot, (long, wide), chance.uniform(0, np.pi), 8) for spot in spots]
    cover = stencils.fill(camera.size, [stencils.project(camera, oval) for oval in ovals])
    stencils.lay(image, cover, chance.uniform(0.02, 0.2) * np.array([1.1, 1, 0.85]))


def _tape(chance, camera, image, x, y):
    strips, width = [], chance.uniform(2, 25)
    for _ in range(1 + chance.poisson(1)):
        angle = chance.choice([0, np.pi / 2, chance.uniform(0, np.pi)])
        half = (chance.uniform(30, 500), width / 2)
        strips.append(stencils.rectangle(spot_on_floor(chance, camera), half, angle))
    colour = chance.uniform(0.02, 0.98) * (1 + chance.normal(0, 0.25, 3) * (chance.random() < 0.5))
    cover = stencils.fill(camera.size, [stencils.project(camera, strip) for strip in strips])
    stencils.lay(image, cover * np.float32(chance.uniform(0.3, 1)), colour)


def _stains(chance, camera, image, x, y):
    """Wet and soiled places, and shadows of things that are out of sight."""
    spots = []
    for _ in range(1 + chance.poisson(2)):
        blob = stencils.ellipse(
            spot_on_floor(chance, camera), tuple(chance.uniform(5, 45, 2)), chance.uniform(0, np.pi)
        )
        spots.append(blob + chance.normal(0, 3, blob.shape))
    soft = chance.choice([1.0, chance.uniform(1, 15)])
    cover = stencils.fill(camera.size, [stencils.project(camera, spot) for spot in spots], soft=soft)
    image *= 1 + (np.float32(chance.choice([-1, 0.6], p=(0.75, 0.25)) * chance.uniform(0.05, 0.55)) * cover)[..., None]


def _blobs(chance, camera, image, x, y):
    """Blobs as dark (or pale) and as large as a mouse that are none."""
    spots = []
    for _ in range(1 + chance.poisson(0.7)):
        half = (chance.uniform(10, 45), chance.uniform(6, 20))
        blob = stencils.ellipse(spot_on_floor(chance, camera), half, chance.uniform(0, np.pi))
        spots.append(blob + chance.normal(0, chance.uniform(0, 3), blob.shape))
    cover = stencils.fill(camera.size, [stencils.project(camera, spot) for spot in spots], soft=chance.uniform(0.3, 8))
    level = chance.uniform(0.02, 0.3) if chance.random() < 0.7 else chance.uniform(0.5, 0.95)
    colour = level * (1 + chance.normal(0, 0.05, 3))
    stencils.lay(image, cover * np.float32(chance.uniform(0.4, 1)), colour)


def _curves(chance, camera, image, x, y):
    """Scratches, hairs, cables: curves that look like tails."""
    width, curves = chance.uniform(0.4, 5), []
    for _ in range(1 + chance.poisson(1)):
        heading, length = chance.uniform(0, 2 * np.pi), chance.uniform(40, 400)
        curve = stencils.wander(chance, spot_on_floor(chance, camera), heading, length, chance.uniform(0, 8))
        curves.append(stencils.project(camera, curve))
    thick = width * camera.K[0, 0] / camera.position[2]
    cover = stencils.stroke(camera.size, curves, thick, soft=chance.uniform(0, 1.5))
    colour = chance.uniform(0.02, 0.4) if chance.random() < 0.6 else chance.uniform(0.4, 0.95)
    tint = chance.choice([0.02, 0.25], p=(0.8, 0.2))
    stencils.lay(image, cover * np.float32(chance.uniform(0.2, 1)), colour * (1 + chance.normal(0, tint, 3)))


def _writing(chance, camera, image, x, y):
    text = "".join(chance.choice(list("ABCDEFGHKLMNOPRSTUXZ0123456789 -"), chance.integers(1, 8)))
    height = camera.size[1] * chance.uniform(0.04, 0.2)
    cover = stencils.write(camera.size, text, tuple(chance.uniform(0, 0.9, 2) * camera.size), height)
    stencils.lay(image, cover, chance.choice([0.03, 0.95]))


def _nest(chance, camera, image, x, y):
    """A heap of shredded paper or cotton."""
    spot, radius = spot_on_floor(chance, camera), chance.uniform(25, 60)
    heap = stencils.ellipse(spot, (radius, radius * chance.uniform(0.6, 1)), chance.uniform(0, np.pi))
    heap += chance.normal(0, radius * 0.08, heap.shape)
    cover = stencils.fill(camera.size, [stencils.project(camera, heap)], soft=3)
    shreds = sample(chance, litter_tile(12, 1.5), x, y, chance.uniform(0.5, 1))
    dome = 1 - np.clip(((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / radius**2, 0, 1) * np.float32(0.4)
    colour = np.float32(chance.uniform(0.4, 0.9)) * (1 + np.float32(0.25) * shreds) * dome
    stencils.lay(image, cover, colour[..., None])


def _food(chance, camera, image, x, y):
    spots = spot_on_floor(chance, camera, 1 + chance.poisson(2))
    half = tuple(chance.uniform(3, 10, 2))
    pieces = [stencils.ellipse(spot, half, chance.uniform(0, np.pi), chance.integers(4, 12)) for spot in spots]
    shade = stencils.fill(camera.size, [stencils.project(camera, piece + half[1] * 0.4) for piece in pieces], soft=2)
    image *= 1 - np.float32(0.5) * shade[..., None]
    cover = stencils.fill(camera.size, [stencils.project(camera, piece) for piece in pieces])
    stencils.lay(image, cover, chance.uniform(0.1, 0.8) * np.array([1.2, 1, 0.7]))


_LAYERS = {
    "droppings": _droppings,
    "tape": _tape,
    "stains": _stains,
    "blobs": _blobs,
    "curves": _curves,
    "writing": _writing,
    "nest": _nest,
    "food": _food,
}
