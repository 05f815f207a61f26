"""Rendered examples: single random images of animals with exact truth, to train networks on."""

import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from types import ModuleType

import numpy as np

from marey.synth import animals as package
from marey.synth.cameras import Camera
from marey.synth.exposure import expose
from marey.synth.places import Place
from marey.synth.stage import Stage
from marey.synth.tracing import SKIN_TOLERANCE, Outlines, hidden
from marey.tables.labels import VISIBILITIES

VISIBLE, OCCLUDED, ABSENT = map(VISIBILITIES.index, ("visible", "occluded", "absent"))
MAX_DRAWS = 100  # of animals, for one that the image shows; of exposures, for one that shows anything
MOUSE_TOP = "mouse_top"
PLACE_EXAMPLES = 4  # that follow on one another share a place: drawing it costs as much as all that is in it
PlaceDrawer = Callable[[np.random.Generator, tuple[int, int]], Place]


@dataclass(frozen=True, eq=False)
class Example:
    """One rendered image u8[H, W, 3], RGB, and its truth.

    `individuals` are the animals' names, `points` f32[animal, keypoint, 2] positions in px (the corner of the image is
    (0, 0); NaN where absent), `visibility` i8[animal, keypoint], indices into VISIBILITIES, `keypoints` their names.
    """

    image: np.ndarray
    individuals: tuple[str, ...]
    points: np.ndarray
    visibility: np.ndarray
    keypoints: tuple[str, ...]


def animal_names() -> list[str]:
    """List the animals that can be rendered, by name."""
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def load_animal(name: str) -> ModuleType:
    """Import the module of an animal; ValueError where there is none of this name."""
    if name not in animal_names():
        raise ValueError(f"no animal '{name}' can be rendered; choose one of {', '.join(animal_names())}")
    return import_module(f"{package.__name__}.{name}")


def render_examples(
    seed: int,
    count: int,
    *,
    start: int = 0,
    animal: str = MOUSE_TOP,
    size: tuple[int, int] = (320, 240),
    animals: int | None = None,
    place: PlaceDrawer | None = None,
) -> Iterator[Example]:
    """Render the examples `start` to `start` + `count` of a seed; example i is the same whatever was rendered before.

    Each PLACE_EXAMPLES of them, from 0 on, show the same empty place with other animals and another exposure, where
    `place` is not given.

    Args:
        seed: chooses the series of examples.
        count: how many.
        start: number of the first.
        animal: one of `animal_names`.
        size: (width, height) of the images, px.
        animals: how many are drawn for each; None: as the animal's odds say. Those that the image does not show are
            left out.
        place: draws the empty place of every example, given a generator and the size, for instance around a photograph;
            None: as the animal's module does.

    Yields:
        The examples, in order.
    """
    for index in range(start, start + count):
        yield render_example(seed, index, animal=animal, size=size, animals=animals, place=place)


def render_example(
    seed: int,
    index: int,
    *,
    animal: str = MOUSE_TOP,
    size: tuple[int, int] = (320, 240),
    animals: int | None = None,
    place: PlaceDrawer | None = None,
) -> Example:
    """Render example `index` of a seed; see `render_examples`."""
    kind = load_animal(animal)
    chance = np.random.Generator(np.random.SFC64([seed, index]))
    number = animals or 1 + chance.choice(len(kind.NUMBER_ODDS), p=kind.NUMBER_ODDS)
    empty = place(chance, size) if place else _empty_place(animal, seed, index // PLACE_EXAMPLES, size)
    shown = _shown(chance, kind, empty, number)
    stage = Stage(
        *(empty.camera, empty.image.copy(), empty.light, empty.solid.copy(), empty.points),
        lamp=empty.lamp,
        shadow_darkness=empty.shadow_darkness,
    )
    outlines = kind.paint(stage, shown)
    keypoints = np.stack([each.figure.keypoints for each in shown])
    points, visibility = locate(empty.camera, empty.solid, keypoints, outlines)
    image = _exposed(chance, empty.props_over(stage.image))
    names = tuple(f"{kind.SPECIES}{k + 1}" for k in range(len(shown)))
    return Example(image, names, points, visibility, tuple(kind.KEYPOINTS))


@lru_cache(maxsize=1)
def _empty_place(animal: str, seed: int, number: int, size: tuple[int, int]) -> Place:
    """Draw place `number` of a seed; nobody changes it, since the next examples use it too."""
    return load_animal(animal).draw_place(np.random.Generator(np.random.SFC64([seed, number, 0])), size)


def _exposed(chance: np.random.Generator, scene: np.ndarray) -> np.ndarray:
    """Take a picture u8[height, width, 3] of a scene, again where all of it is too bright or too dark to show any."""
    for _ in range(MAX_DRAWS):
        image = expose(chance, scene)
        if image.min() < image.max():
            return image
    raise ValueError("no exposure shows anything of the place; draw another")


def _shown(chance: np.random.Generator, kind: ModuleType, place: Place, number: int) -> list:
    """Draw animals until half of one is in the image, and return those of which any keypoint is.

    Raises ValueError where that does not happen: the image shows too little of the place.
    """
    for _ in range(MAX_DRAWS):
        drawn = kind.draw_animals(chance, place, number)
        shown = [_inside(place.camera, each.figure.keypoints) for each in drawn]
        if max(inside.mean() for inside in shown) >= 0.5:
            return [each for each, inside in zip(drawn, shown, strict=True) if inside.any()]
    width, height = place.camera.size
    raise ValueError(
        f"in an image of {width} x {height} px no half of a {kind.SPECIES} is ever seen; choose a larger one"
    )


def _inside(camera: Camera, points: np.ndarray) -> np.ndarray:
    position, depth = camera.project(points)
    return ((position >= 0) & (position < camera.size)).all(axis=-1) & (depth > 0)


def locate(
    camera: Camera, solid: np.ndarray, keypoints: np.ndarray, outlines: Sequence[Outlines]
) -> tuple[np.ndarray, np.ndarray]:
    """Find where keypoints are in the image, and whether they can be seen.

    Args:
        camera: the camera.
        solid: f32[height, width], depth of the empty place, mm.
        keypoints: f64[animal, keypoint, 3], mm.
        outlines: those of the animals, as painted.

    Returns:
        Positions f32[animal, keypoint, 2], px, NaN outside the image, and visibilities i8[animal, keypoint].
    """
    (position, depth), inside = camera.project(keypoints), _inside(camera, keypoints)
    column, row = np.where(inside[..., None], position, 0).astype(int).transpose(2, 0, 1)
    covered = hidden(outlines, position, depth) | (solid[row, column] < depth - SKIN_TOLERANCE)
    points = np.where(inside[..., None], position, np.nan).astype(np.float32)
    return points, np.where(inside, np.where(covered, OCCLUDED, VISIBLE), ABSENT).astype(np.int8)
