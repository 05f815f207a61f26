"""Consistency: whether a model says the same of an animal in the next frame, and in a turned copy of the image.

Nobody knows where the keypoints are, but of two models the one that contradicts itself less is likelier to be right. A
model that always said the same place of an image would not be consistent: its copies are turned, mirrored and resized.
"""

from collections.abc import Sequence
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import linear_sum_assignment

from marey.adaptation.films import LENGTH, Film
from marey.adaptation.sight import Animals, Sight
from marey.pictures import geometry
from marey.synth.examples import Example

# Of the copies: mirrored or not, turned by degrees, magnified about the middle of the image.
COPIES = ((True, 0.0, 1.0), (False, 70.0, 0.9), (False, 200.0, 1.1))
FAR = 0.5  # body lengths; what lies farther apart, or is found once only, counts as this


def disagreement(sight: Sight, films: Sequence[Film], body: float) -> float:
    """Measure how far what a model says of held-out frames lies apart, body lengths, 0..FAR; less is better.

    Each middle frame is compared with its neighbours, of which the mean counts, and with copies of itself.

    Args:
        sight: the model.
        films: windows, of which those that are held out count.
        body: length of an animal, px of the films.

    Returns:
        The mean over keypoints, animals and comparisons; FAR where no animal is found.
    """
    parts = []
    for film in films:
        windows = film.images[film.held_out]
        seen = [sight(list(windows[:, place])) for place in range(LENGTH)]
        before, middle, after = seen
        parts += [apart(a, between(b, c), body) for a, b, c in zip(middle, before, after, strict=True)]
        for copies in seen_in_copies(sight, windows[:, LENGTH // 2]):
            parts += [apart(a, b, body) for a, b in zip(middle, copies, strict=True)]
    found = np.concatenate([np.empty(0), *(part.ravel() for part in parts)])
    return float(found.mean()) if len(found) else FAR


def rendered_error(sight: Sight, examples: Sequence[Example], chosen: Sequence[int], body: float) -> float:
    """Measure how far keypoints lie from where they were rendered, body lengths, 0..FAR.

    Args:
        sight: the model.
        examples: rendered images.
        chosen: the renderer's keypoint for each of the model's.
        body: length of an animal, px.

    Returns:
        The mean over the keypoints that are in the images; animals that were never rendered count as FAR.
    """
    found, parts = sight([example.image for example in examples]), []
    for seen, example in zip(found, examples, strict=True):
        points = example.points[:, chosen].astype(float)
        distance = apart(Animals(points, np.ones(points.shape[:2])), seen, body)
        known = np.concatenate(
            [np.isfinite(points).all(axis=-1), np.ones((len(distance) - len(points), len(chosen)), bool)]
        )
        parts.append(distance[known])
    return float(np.concatenate(parts).mean())


def apart(one: Animals, other: Animals, body: float) -> np.ndarray:
    """Measure how far two views of the same animals lie apart, body lengths, at most FAR.

    Animals of one view alone, and keypoints that either does not find, are FAR apart.

    Args:
        one: a view.
        other: another.
        body: length of an animal, px.

    Returns:
        f64[animal, keypoint]: the animals of `one` in order, then those of `other` alone.
    """
    pairs = paired(one.points, other.points)
    alone = len(other.points) - len(pairs)
    result = np.full((len(one.points) + alone, one.points.shape[1]), FAR)
    for mine, theirs in pairs:
        result[mine] = np.linalg.norm(one.points[mine] - other.points[theirs], axis=-1) / body
    return np.minimum(np.nan_to_num(result, nan=FAR), FAR)


def between(one: Animals, other: Animals) -> Animals:
    """Return the animals half way between two frames; those that only one shows are left out."""
    pairs = np.array(paired(one.points, other.points), int).reshape(-1, 2)
    first, second = pairs.T
    return Animals(
        (one.points[first] + other.points[second]) / 2, np.minimum(one.confidence[first], other.confidence[second])
    )


def paired(one: np.ndarray, other: np.ndarray) -> list[tuple[int, int]]:
    """Pair animals f64[n, keypoint, 2] with f64[m, keypoint, 2], so that their keypoints lie near each other."""
    distance = np.linalg.norm(one[:, None] - other, axis=-1)
    known = np.isfinite(distance)
    mean = np.where(known, distance, 0).sum(axis=-1) / np.maximum(known.sum(axis=-1), 1)
    cost = np.where(known.any(axis=-1), mean, 1e9)
    return [(a, b) for a, b in zip(*linear_sum_assignment(cost), strict=True) if cost[a, b] < 1e9]


def seen_in_copies(sight: Sight, images: np.ndarray) -> list[list[Animals]]:
    """Find animals in changed copies of images u8[n, height, width, 3]; returns them where they are in the images."""
    found = []
    for mirror, degrees, magnification in COPIES:
        matrix = _matrix(images.shape[1:3], mirror, degrees, magnification)
        seen = sight([np.asarray(_warped(image, matrix)) for image in images])
        back = np.asarray(geometry.invert(matrix), float)
        order = list(sight.mirrored) if mirror else list(range(len(sight.mirrored)))
        limits = np.array(images.shape[2:0:-1])
        found.append([_moved(each, back, order, limits) for each in seen])
    return found


def _moved(animals: Animals, matrix: np.ndarray, order: list[int], limits: np.ndarray) -> Animals:
    """Move animals by a matrix and put their keypoints in order; what then lies outside of the image is not there."""
    points = animals.points[:, order] @ matrix[:, :2].T + matrix[:, 2]
    inside = ((points >= 0) & (points <= limits)).all(axis=-1)
    return Animals(np.where(inside[..., None], points, np.nan), np.where(inside, animals.confidence[:, order], 0))


@cache
def _matrix(shape: tuple[int, int], mirror: bool, degrees: float, magnification: float) -> jax.Array:
    """Make the map f32[2, 3] of an image (height, width) to its copy of the same size."""
    middle = jnp.array(shape[::-1], jnp.float32) / 2
    factors = jnp.array([-1.0 if mirror else 1.0, 1.0]) * magnification
    turned = geometry.compose(geometry.scaling(factors), geometry.rotation(jnp.radians(degrees)))
    return geometry.compose(geometry.translation(-middle), turned, geometry.translation(middle))


@jax.jit
def _warped(image: jax.Array, matrix: jax.Array) -> jax.Array:
    return jnp.round(geometry.warp(image, matrix, shape=image.shape[:2])).astype(jnp.uint8)
