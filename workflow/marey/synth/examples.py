"""Rendered examples: single random images of mice from above with exact truth, to train networks on."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from marey.synth.cameras import Camera
from marey.synth.mice import random_mice
from marey.synth.mouse import Figure
from marey.synth.painting import Stage, paint_mice
from marey.synth.tracing import SKIN_TOLERANCE, hidden

VISIBLE, OCCLUDED, ABSENT = 2, 1, 0
ANIMAL_ODDS = (0.5, 0.25, 0.15, 0.1)  # of one animal, two, three, four


@dataclass(frozen=True, eq=False)
class Example:
    """One rendered image u8[H, W, 3], RGB, and its truth.

    `individuals` are the animals' names, `points` f32[animal, keypoint, 2] positions in px (the corner of the image is
    (0, 0); NaN where absent), `visibility` i8[animal, keypoint]: 2 visible, 1 occluded, 0 absent (outside the image).
    """

    image: np.ndarray
    individuals: tuple[str, ...]
    points: np.ndarray
    visibility: np.ndarray


def render_examples(
    seed: int, count: int, *, start: int = 0, size: tuple[int, int] = (320, 240), animals: int | None = None
) -> Iterator[Example]:
    """Render the examples `start` to `start` + `count` of a seed; example i is the same whatever was rendered before.

    Args:
        seed: chooses the series of examples.
        count: how many.
        start: number of the first.
        size: (width, height) of the images, px.
        animals: how many in each; None: 1 to 4, drawn.

    Yields:
        The examples, in order.
    """
    for index in range(start, start + count):
        yield render_example(seed, index, size=size, animals=animals)


def render_example(seed: int, index: int, *, size: tuple[int, int] = (320, 240), animals: int | None = None) -> Example:
    """Render example `index` of a seed; see `render_examples`."""
    chance = np.random.Generator(np.random.SFC64([seed, index]))
    number = animals or 1 + chance.choice(4, p=ANIMAL_ODDS)
    stage, arena = _plain_place(chance, size)
    mice = random_mice(chance, stage.camera, arena, number)
    solid = stage.solid.copy()
    outlines = paint_mice(stage, mice)
    figures = [mouse.figure for mouse in mice]
    points, visibility = _truth(stage.camera, solid, figures, outlines)
    image = stage.image + chance.standard_normal(stage.image.shape, dtype=np.float32) * 0.02
    image = (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
    return Example(image, tuple(f"mouse{k + 1}" for k in range(number)), points, visibility)


def _truth(camera: Camera, solid: np.ndarray, figures: list[Figure], outlines: list) -> tuple[np.ndarray, np.ndarray]:
    """Compute positions f32[animal, keypoint, 2], NaN outside the image, and visibilities i8[animal, keypoint]."""
    position, depth = camera.project(np.stack([figure.keypoints for figure in figures]))
    outside = ~((position >= 0) & (position < camera.size)).all(axis=-1)
    column, row = np.where(outside[..., None], 0, position).astype(int).transpose(2, 0, 1)
    covered = hidden(outlines, position, depth) | (solid[row, column] < depth - SKIN_TOLERANCE)
    points = np.where(outside[..., None], np.nan, position).astype(np.float32)
    return points, np.where(outside, ABSENT, np.where(covered, OCCLUDED, VISIBLE)).astype(np.int8)


def _plain_place(chance: np.random.Generator, size: tuple[int, int]) -> tuple[Stage, tuple[float, float]]:
    """Draw a stand-in of a place: an even floor with a gradient of light and blotches."""
    width, height = size
    length = np.exp(chance.uniform(np.log(60), np.log(130)))  # px of a body
    far = chance.uniform(500, 1500)
    focal = length / 90 * far
    intrinsics = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    rotation = np.array([[1.0, 0, 0], [0, -1, 0], [0, 0, -1]])
    camera = Camera("top", size, intrinsics, rotation, np.array([0, 0, far]))
    pixels = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1)
    points = (camera.position + far * camera.rays(pixels)).astype(np.float32)
    coarse = chance.standard_normal((height // 8 + 1, width // 8 + 1)).astype(np.float32)
    noise = coarse.repeat(8, axis=0).repeat(8, axis=1)[:height, :width]
    grey = chance.uniform(0.1, 0.95) + chance.uniform(0, 0.05) * noise
    image = (grey[..., None] * chance.uniform(0.9, 1.1, 3)).astype(np.float32)
    light = np.ones((height, width), np.float32) * np.float32(chance.uniform(0.8, 1.1))
    azimuth, elevation = chance.uniform(-np.pi, np.pi), chance.uniform(0.7, 1.5)
    lamp = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
    solid = np.full((height, width), 1e9, np.float32)
    stage = Stage(camera, image * light[..., None], light, solid, points, lamp, chance.uniform(0.1, 0.6))
    return stage, (width * far / focal, height * far / focal)
