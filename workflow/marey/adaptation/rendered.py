"""Rendered images: animals over the empty places of the videos, and in made places, so that these are not forgotten."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from marey.synth import examples, mouse
from marey.synth.places import Place, draw_place, place_over

LARGEST = (480, 360)  # px of a rendered image; of a larger place, a part is taken
BODY_SPREAD = 0.12  # standard deviation of the log of the size of animals, about that which was measured
TRIES = 4  # rendered images of which one is taken
NOISE_WEIGHT = 5.0  # noise is small: a standard deviation of 0.02 is seen as clearly as 0.1 of brightness
MEASURED_BODY, MEASURED_EXAMPLES = 90.0, 48  # px of a body, and images, that proportions are measured by


class Renderer(NamedTuple):
    """Describe a rendered animal: its `keypoints`, and the function that renders an example of it."""

    keypoints: tuple[str, ...]
    render: Callable[..., examples.Example]


# By the name that a bundle's card gives as `animal`.
RENDERERS = {"mouse_top": Renderer(tuple(mouse.KEYPOINTS), examples.render_example)}


class Ground(NamedTuple):
    """Describe the empty place of a video.

    Attributes:
        image: u8[height, width, 3].
        body: length of an animal's body in it, px.
        looks: f64[frame, 3], what `look` gives of the video's frames; None: any rendered image will do.
    """

    image: np.ndarray
    body: float
    looks: np.ndarray | None = None


def look(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Describe an image by the brightness of its animals, that of the whole and its noise, f64[3], 0..1.

    Args:
        image: u8[height, width, 3].
        points: f[..., 2] px of keypoints, NaN = not known.
    """
    grey = image.astype(np.float32).mean(axis=-1) / 255
    places = points[np.isfinite(points).all(axis=-1)]
    column, row = np.clip(places, 0, np.array(grey.shape[::-1]) - 1).astype(int).T
    animal = np.median(grey[row, column]) if len(places) else np.nan
    noise = np.median(np.abs(grey[1:-1, 1:-1] - (grey[1:-1, :-2] + grey[1:-1, 2:]) / 2))
    return np.array([animal, np.median(grey), NOISE_WEIGHT * noise])


def render_over(
    renderer: Renderer, grounds: Sequence[Ground], *, seed: int, count: int, animals: int | None
) -> Iterator[examples.Example]:
    """Render animals over empty places, taken in turn.

    Renderers vary coats, lamps and cameras; of some images the one is taken that looks most like a frame of the video,
    drawn at random. Example i of a seed is the same however many there are.
    """
    for index in range(count):
        ground = grounds[index % len(grounds)]
        size = tuple(min(side, most) for side, most in zip(ground.image.shape[1::-1], LARGEST, strict=True))
        options = {"size": size, "animals": animals, "place": partial(_place, ground)}
        if ground.looks is None:
            yield renderer.render(seed, index, **options)
            continue
        tried = [renderer.render(seed, index * TRIES + number, **options) for number in range(TRIES)]
        wanted = ground.looks[np.random.default_rng([seed, index]).integers(len(ground.looks))]
        unlike = [np.abs(look(each.image, each.points) - wanted).sum() for each in tried]
        yield tried[int(np.argmin(unlike))]


def render_made(renderer: Renderer, *, seed: int, count: int, animals: int | None) -> Iterator[examples.Example]:
    """Render animals in made places, as those that trained the bundle."""
    for index in range(count):
        yield renderer.render(seed, index, animals=animals, place=draw_place)


def body_length(renderer: Renderer, points: Sequence[np.ndarray], chosen: Sequence[int]) -> float:
    """Measure how long the bodies of animals are, px, by all distances between their keypoints.

    Args:
        renderer: renders animals of a known length, whose distances they are compared with.
        points: f64[animal, keypoint, 2] px, NaN = not found.
        chosen: which of the renderer's keypoints each is.

    Returns:
        The length from snout to tail base of an adult, as the renderer has it; NaN where nothing can be compared.
    """
    grey = Ground(np.full((240, 320, 3), 128, np.uint8), MEASURED_BODY)
    made = render_over(renderer, [grey], seed=0, count=MEASURED_EXAMPLES, animals=1)
    known = _distances([example.points[:, list(chosen)] for example in made])
    seen = _distances(points)
    ratio = seen / known
    return MEASURED_BODY * float(np.nanmedian(ratio)) if np.isfinite(ratio).any() else np.nan


def _distances(points: Sequence[np.ndarray]) -> np.ndarray:
    """Return the median distance of each two keypoints, f64[pair] px, NaN where it is never seen."""
    every = np.concatenate(points)
    first, second = np.triu_indices(every.shape[1], 1)
    distance = np.linalg.norm(every[:, first] - every[:, second], axis=-1)
    known = np.isfinite(distance).any(axis=0)
    return np.where(known, np.nanmedian(np.where(known, distance, 0), axis=0), np.nan)


def _place(ground: Ground, chance: np.random.Generator, size: tuple[int, int]) -> Place:
    """Make a place of a random part of an empty one."""
    spare = np.array(ground.image.shape[1::-1]) - size
    left, top = chance.integers(0, spare + 1).tolist()
    part = np.ascontiguousarray(ground.image[top : top + size[1], left : left + size[0]])
    return place_over(chance, part, ground.body * float(np.exp(chance.normal(0, BODY_SPREAD))))
