"""Rendered images: animals over the empty places of the videos, and in made places, so that these are not forgotten."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from marey.networks.metadata import BundleError
from marey.synth import examples
from marey.synth.animals import mouse_top
from marey.synth.places import Place, place_over
from marey.zoo.names import match

# Animals of the size that `places.place_over` is made for, seen from above, by the name that a bundle's card gives.
# `examples` loads animals by name; what is imported here counts in the stage's code.
OVER_PHOTOGRAPHS = {"mouse_top": mouse_top}
LARGEST = (480, 360)  # px of a rendered image; of a larger place, a part is taken
BODY_SPREAD = 0.12  # standard deviation of the log of the size of animals, about that which was measured
TRIES = 4  # rendered images of which one is taken
NOISE_WEIGHT = 5.0  # noise is small: a standard deviation of 0.02 is seen as clearly as 0.1 of brightness
MEASURED_BODY, MEASURED_EXAMPLES = 90.0, 48  # px of a body, and images, that proportions are measured by


class Renderer(NamedTuple):
    """Describe a rendered animal: its name, one of `examples.animal_names`, and its keypoints."""

    animal: str
    keypoints: tuple[str, ...]

    def render(self, seed: int, index: int, **options) -> examples.Example:
        """Render example `index` of a seed; see `examples.render_example`."""
        return examples.render_example(seed, index, animal=self.animal, **options)


def find_renderer(animal: str) -> Renderer:
    """Return the renderer of an animal by the name that a bundle's card gives; BundleError where there is none."""
    if animal not in OVER_PHOTOGRAPHS:
        raise BundleError(
            f"card.json: animal '{animal}' cannot be rendered over videos, only {', '.join(OVER_PHOTOGRAPHS)}; take "
            "zoo.adapt out"
        )
    return Renderer(animal, tuple(OVER_PHOTOGRAPHS[animal].KEYPOINTS))


def choose_keypoints(renderer: Renderer, keypoints: Sequence[str], by_hand: Mapping[str, str | None]) -> list[int]:
    """Find the renderer's keypoint for each of an experiment's; `by_hand` is `model.map`. Raises BundleError."""
    found = match(keypoints, renderer.keypoints, by_hand)
    if found.unknown:
        raise BundleError(
            f"zoo.adapt: the rendered animal has no {', '.join(found.unknown)}, only {', '.join(renderer.keypoints)}; "
            "take zoo.adapt out"
        )
    return [renderer.keypoints.index(found.source[name]) for name in keypoints]


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
        yield renderer.render(seed, index, animals=animals)


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
