"""Places of flies: dark, lit or backlit arenas, plates and food, as cameras above them see them."""

import numpy as np

from marey.synth import floors, lamps, overlays, props, stencils
from marey.synth.cameras import Camera
from marey.synth.enclosures import Enclosure, build_walls
from marey.synth.places import Place
from marey.synth.viewpoints import aim_camera, spot_on_floor

LIGHTS = {"dark": 0.32, "backlit": 0.28, "lit": 0.4}
BODY_SHARES = (40 / 320, 200 / 320)  # length of a fly of the image's width
MAX_TILT = 8.0  # degrees
FLAT_ODDS = (0.0, 0.05, 0.25, 0.06, 0.25, 0.05, 0.0, 0.1)  # as `props.FLAT`
OVER_ODDS = (0.03, 0.0, 0.02, 0.08, 0.05, 0.05)  # as `overlays.OVERLAYS`
AGAR = np.array([0.74, 0.58, 0.36])


def draw_fly_place(chance: np.random.Generator, size: tuple[int, int] = (320, 240)) -> Place:
    """Draw an arena of flies without flies; `size` is (width, height), px."""
    light_from = list(LIGHTS)[chance.choice(len(LIGHTS), p=list(LIGHTS.values()))]
    enclosure = _draw_chamber(chance)
    camera = _draw_camera(chance, size, enclosure)
    x, y, solid = floors.land(camera)
    palette = _draw_palette(chance, light_from)
    pixel = float(camera.position[2] / camera.K[0, 0])  # mm
    image = floors.draw_floor(chance, palette, "plate", x, y, pixel)
    if light_from == "dark" and chance.random() < 0.4:
        _grids(chance, camera, palette, image, x, y)
    lamp = lamps.draw_lamp(chance, enclosure.size)
    if light_from != "dark":
        props.lay_flat(chance, camera, image, x, y, FLAT_ODDS)
    _dust(chance, camera, image, bright=light_from == "dark")
    points = np.stack([x, y, np.zeros_like(x)], axis=-1)
    build_walls(chance, palette, enclosure, camera, image, solid, points)
    light = lamps.shine(chance, lamp, enclosure, points)
    image *= light[..., None]
    darkness = lamp.shadow_darkness
    if light_from == "backlit":  # flies are dark before the light
        light = light * np.float32(chance.uniform(0.05, 0.4))
        darkness *= 0.15
    if chance.random() < 0.5:
        lamps.add_highlights(chance, image)
    np.clip(image, 0, 1, out=image)
    over = overlays.draw_over(chance, size, OVER_ODDS)
    if over is not None:
        solid[over[..., 3] > 0.6] = 1.0
    return Place(camera, image, light, solid, points, enclosure.animals, lamp.direction, darkness, over=over)


def _draw_chamber(chance: np.random.Generator) -> Enclosure:
    """Draw what flies are in: a disc, a square or oblong chamber, or more than one sees."""
    kind = ("tub", "box", "open")[chance.choice(3, p=(0.45, 0.2, 0.35))]
    if kind == "open":
        return Enclosure(kind, (1500.0, 1500.0), 0.0, 10.0, 0.0)
    long, height, rim = chance.uniform(130, 500), chance.uniform(15, 120), chance.uniform(2, 40)
    if kind == "tub":
        return Enclosure(kind, (long, long), long, height, rim)
    short = long * chance.choice([1.0, chance.uniform(0.4, 1)])
    return Enclosure(kind, (long, max(short, 110.0)), chance.choice([0.0, 20.0]), height, rim)


def _draw_camera(chance: np.random.Generator, size: tuple[int, int], enclosure: Enclosure) -> Camera:
    body = size[0] * np.exp(chance.uniform(*np.log(BODY_SHARES)))
    spare = np.minimum(np.array(enclosure.size) / 2, 600) - 40
    target = chance.uniform(-1, 1, 2) * np.maximum(spare, 0)
    tilt = np.radians(MAX_TILT * chance.random() ** 2)
    roll = chance.uniform(0, 2 * np.pi)
    return aim_camera(size, target, body_px=body, far=chance.uniform(900, 5000), tilt=tilt, roll=roll)


def _draw_palette(chance: np.random.Generator, light_from: str) -> floors.Palette:
    """Draw colours: of a dark arena, of one with a lamp under it, or of a plate, at times one with food."""

    def grey(low: float, high: float) -> np.ndarray:
        return (chance.uniform(low, high) * (1 + chance.normal(0, 0.02, 3))).clip(0.005, 1).astype(np.float32)

    if light_from == "dark":
        return floors.Palette(grey(0.01, 0.09), grey(0.01, 0.2), grey(0.005, 0.06))
    if light_from == "backlit":
        return floors.Palette(
            grey(0.6, 1.0), grey(0.02, 0.6), grey(0.01, 0.3) if chance.random() < 0.7 else grey(0.5, 1)
        )
    palette = floors.draw_palette(chance)
    if chance.random() < 0.45:
        food = (AGAR * chance.uniform(0.75, 1.2) * (1 + chance.normal(0, 0.06, 3))).clip(0.02, 0.98)
        palette = floors.Palette(food.astype(np.float32), palette.wall, palette.outside)
    return palette


def _grids(chance, camera, palette, image, x, y) -> None:
    """Set perforated plates into a floor f32[height, width, 3], in place: food or air comes through them."""
    pixel = float(camera.position[2] / camera.K[0, 0])
    colour = np.clip(palette.floor * chance.uniform(1.2, 3.5) + 0.01, 0, 1).astype(np.float32)
    plate = floors.Palette(colour, colour, colour)
    pitch = chance.uniform(220, 420)
    u, v = (np.mod(axis + chance.uniform(0, 500), pitch) / pitch for axis in (x, y))
    inside = (u < chance.uniform(0.35, 0.6)) & (v < chance.uniform(0.5, 0.8))
    image[inside] = floors.draw_floor(chance, plate, "grid", x, y, pixel)[inside]


def _dust(chance: np.random.Generator, camera: Camera, image: np.ndarray, *, bright: bool) -> None:
    """Strew specks and fibres over a floor f32[height, width, 3], in place."""
    if chance.random() < 0.3:
        return
    count = 2 + int(chance.exponential(14))
    wide = np.exp(chance.normal(0.6, 0.5, count))
    specks = [
        stencils.ellipse(spot, (size, size * chance.uniform(0.4, 1)), chance.uniform(0, np.pi), 8)
        for spot, size in zip(spot_on_floor(chance, camera, count), wide, strict=True)
    ]
    cover = stencils.fill(camera.size, [stencils.project(camera, speck) for speck in specks])
    fibres = [
        stencils.project(
            camera,
            stencils.wander(chance, spot_on_floor(chance, camera), chance.uniform(0, 6.28), chance.uniform(10, 70), 4),
        )
        for _ in range(chance.poisson(2))
    ]
    if fibres:
        thin = max(chance.uniform(0.5, 1.5) * camera.K[0, 0] / camera.position[2], 0.5)
        cover = np.maximum(cover, np.float32(0.6) * stencils.stroke(camera.size, fibres, thin, soft=0.4))
    level = chance.uniform(0.15, 0.9) if bright else chance.uniform(0.05, 0.5)
    stencils.lay(image, cover * np.float32(chance.uniform(0.4, 1)), np.full(3, level))
