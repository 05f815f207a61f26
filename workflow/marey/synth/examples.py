"""Rendered examples: single random images of mice from above with exact truth, to train networks on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from marey.synth.cameras import Camera
from marey.synth.exposure import expose
from marey.synth.mice import random_mice
from marey.synth.painting import Mouse, Stage, paint_mice
from marey.synth.places import Place, draw_place
from marey.synth.tracing import SKIN_TOLERANCE, Outlines, hidden
from marey.tables.labels import VISIBILITIES

VISIBLE, OCCLUDED, ABSENT = map(VISIBILITIES.index, ("visible", "occluded", "absent"))
MAX_DRAWS = 100  # of animals, for one that the image shows
ANIMAL_ODDS = (0.5, 0.25, 0.15, 0.1)  # of one animal, two, three, four


@dataclass(frozen=True, eq=False)
class Example:
    """One rendered image u8[H, W, 3], RGB, and its truth.

    `individuals` are the animals' names, `points` f32[animal, keypoint, 2] positions in px (the corner of the image is
    (0, 0); NaN where absent), `visibility` i8[animal, keypoint], indices into VISIBILITIES.
    """

    image: np.ndarray
    individuals: tuple[str, ...]
    points: np.ndarray
    visibility: np.ndarray


def render_examples(
    seed: int,
    count: int,
    *,
    start: int = 0,
    size: tuple[int, int] = (320, 240),
    animals: int | None = None,
    place: Callable[[np.random.Generator, tuple[int, int]], Place] = draw_place,
) -> Iterator[Example]:
    """Render the examples `start` to `start` + `count` of a seed; example i is the same whatever was rendered before.

    Args:
        seed: chooses the series of examples.
        count: how many.
        start: number of the first.
        size: (width, height) of the images, px.
        animals: how many are drawn for each; None: 1 to 4. Those that the image does not show are left out.
        place: draws the empty place, given a generator and the size: of the renderer, or around a photograph.

    Yields:
        The examples, in order.
    """
    for index in range(start, start + count):
        yield render_example(seed, index, size=size, animals=animals, place=place)


def render_example(
    seed: int,
    index: int,
    *,
    size: tuple[int, int] = (320, 240),
    animals: int | None = None,
    place: Callable[[np.random.Generator, tuple[int, int]], Place] = draw_place,
) -> Example:
    """Render example `index` of a seed; see `render_examples`."""
    chance = np.random.Generator(np.random.SFC64([seed, index]))
    number = animals or 1 + chance.choice(4, p=ANIMAL_ODDS)
    empty = place(chance, size)
    mice = _shown_mice(chance, empty, number)
    stage = Stage(
        *(empty.camera, empty.image.copy(), empty.light, empty.solid.copy(), empty.points),
        lamp=empty.lamp,
        shadow_darkness=empty.shadow_darkness,
    )
    outlines = paint_mice(stage, mice)
    points, visibility = locate(empty.camera, empty.solid, mice, outlines)
    image = expose(chance, empty.props_over(stage.image))
    return Example(image, tuple(f"mouse{k + 1}" for k in range(len(mice))), points, visibility)


def _shown_mice(chance: np.random.Generator, place: Place, number: int) -> list[Mouse]:
    """Draw mice until half of one is in the image, and return those of which any keypoint is.

    Raises ValueError where that does not happen: the image shows too little of the place.
    """
    for _ in range(MAX_DRAWS):
        mice = random_mice(chance, place.camera, place.arena, number)
        shown = [_inside(place.camera, mouse.figure.keypoints) for mouse in mice]
        if max(inside.mean() for inside in shown) >= 0.5:
            return [mouse for mouse, inside in zip(mice, shown, strict=True) if inside.any()]
    width, height = place.camera.size
    raise ValueError(f"in an image of {width} x {height} px no half of a mouse is ever seen; choose a larger one")


def _inside(camera: Camera, points: np.ndarray) -> np.ndarray:
    position, depth = camera.project(points)
    return ((position >= 0) & (position < camera.size)).all(axis=-1) & (depth > 0)


def locate(
    camera: Camera, solid: np.ndarray, mice: list[Mouse], outlines: list[Outlines]
) -> tuple[np.ndarray, np.ndarray]:
    """Find where keypoints are in the image, and whether they can be seen.

    Args:
        camera: the camera.
        solid: f32[height, width], depth of the empty place, mm.
        mice: the animals.
        outlines: theirs, as painted.

    Returns:
        Positions f32[animal, keypoint, 2], px, NaN outside the image, and visibilities i8[animal, keypoint].
    """
    keypoints = np.stack([mouse.figure.keypoints for mouse in mice])
    (position, depth), inside = camera.project(keypoints), _inside(camera, keypoints)
    column, row = np.where(inside[..., None], position, 0).astype(int).transpose(2, 0, 1)
    covered = hidden(outlines, position, depth) | (solid[row, column] < depth - SKIN_TOLERANCE)
    points = np.where(inside[..., None], position, np.nan).astype(np.float32)
    return points, np.where(inside, np.where(covered, OCCLUDED, VISIBLE), ABSENT).astype(np.int8)
