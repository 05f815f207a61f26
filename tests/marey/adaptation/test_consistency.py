"""Consistency: what a model says of the same animal in two images, against truth that is known."""

import numpy as np
import pytest

from marey.adaptation.consistency import FAR, apart, between, disagreement, paired, rendered_error, seen_in_copies
from marey.adaptation.films import Film
from marey.adaptation.sight import Animals
from marey.synth.examples import Example

BODY = 20.0


def animals(*points, confidence=0.9) -> Animals:
    places = np.array(points, float)
    return Animals(places, np.full(places.shape[:2], confidence))


class DotFinder:
    """Finds the reddest and the greenest pixel."""

    mirrored = (0, 1)

    def __init__(self, mistake=0.0):
        self.mistake, self.calls = mistake, 0

    def __call__(self, images):
        found = []
        for image in images:
            self.calls += 1
            at = [np.unravel_index(image[..., channel].argmax(), image.shape[:2]) for channel in (0, 1)]
            points = np.array(at, float)[:, ::-1] + 0.5 + self.mistake * (self.calls % 2)
            found.append(Animals(points[None], np.ones((1, 2))))
        return found


def dots(red, green, shape=(60, 80)) -> np.ndarray:
    """A dark image with a soft red and a soft green dot, (x, y) px."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    image = np.zeros((*shape, 3))
    for channel, (x, y) in enumerate((red, green)):
        image[..., channel] = 250 * np.exp(-((columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2) / 18)
    return image.astype(np.uint8)


def film(*places) -> Film:
    """A window for each place of the red dot, which moves by 1 px a frame; the green one is 10 px to its right."""
    images = [[dots((x + step, y), (x + step + 10, y)) for step in (-1, 0, 1)] for x, y in places]
    return Film("v", np.array(images), np.arange(len(images)))


def test_animals_are_paired_whatever_their_order():
    one, other = animals([[0, 0], [5, 0]], [[50, 0], [55, 0]]), animals([[51, 0], [56, 0]], [[1, 0], [6, 0]])
    assert paired(one.points, other.points) == [(0, 1), (1, 0)]
    np.testing.assert_allclose(apart(one, other, BODY), 1 / BODY)
    np.testing.assert_allclose(between(one, other).points[0], [[0.5, 0], [5.5, 0]])


def test_what_one_view_alone_shows_is_far_apart():
    one, other = animals([[0, 0], [5, 0]]), animals([[0, 0], [np.nan, np.nan]], [[30, 0], [35, 0]])
    np.testing.assert_allclose(apart(one, other, BODY), [[0, FAR], [FAR, FAR]])
    nobody = animals()
    nobody = Animals(nobody.points.reshape(0, 2, 2), nobody.confidence.reshape(0, 2))
    assert (apart(one, nobody, BODY) == FAR).all()
    assert apart(nobody, nobody, BODY).shape == (0, 2)


def test_copies_are_seen_where_they_are_in_the_image():
    image = dots((35.5, 30.5), (45.5, 28.5))
    for (found,) in seen_in_copies(DotFinder(), image[None]):
        np.testing.assert_allclose(found.points, [[[35.5, 30.5], [45.5, 28.5]]], atol=1.5)


def test_left_and_right_are_exchanged_in_a_mirror_image():
    class LeftAndRight(DotFinder):
        mirrored = (1, 0)

        def __call__(self, images):
            found = super().__call__(images)
            return [each._replace(points=each.points[:, np.argsort(each.points[0, :, 0])]) for each in found]

    mirror, *_ = seen_in_copies(LeftAndRight(), dots((55.5, 30.5), (35.5, 20.5))[None])
    np.testing.assert_allclose(mirror[0].points, [[[35.5, 20.5], [55.5, 30.5]]], atol=1.5)


def test_what_would_lie_outside_of_the_image_is_not_there():
    class Corner(DotFinder):
        def __call__(self, images):
            return [Animals(np.array([[[1.0, 1.0], [40.0, 30.0]]]), np.ones((1, 2))) for _ in images]

    mirror, turned, _ = seen_in_copies(Corner(), dots((2, 2), (40, 30))[None])
    np.testing.assert_allclose(mirror[0].points, [[[79, 1], [40, 30]]], atol=1e-4)
    np.testing.assert_allclose(turned[0].points[0, 1], [40, 30], atol=1e-4)  # the middle stays
    assert np.isnan(turned[0].points[0, 0]).all()
    assert turned[0].confidence.tolist() == [[0, 1]]


def test_a_model_that_says_the_same_is_better_than_one_that_does_not():
    films = [film((35, 30), (40, 20), (30, 35), (38, 30))]
    steady, shaky = (disagreement(DotFinder(mistake), films, BODY) for mistake in (0.0, 4.0))
    assert steady < 0.06
    assert steady + 0.05 < shaky <= FAR


def test_a_model_that_finds_nothing_is_the_least_consistent():
    class Blind(DotFinder):
        def __call__(self, images):
            return [Animals(np.zeros((0, 2, 2)), np.zeros((0, 2)))] * len(images)

    assert disagreement(Blind(), [film((35, 30), (40, 20), (30, 35))], BODY) == FAR


def test_the_error_on_rendered_images_counts_the_keypoints_that_are_in_them():
    points = np.array([[[35.5, 30.5], [1.0, 1.0], [45.5, 30.5]]], np.float32)  # the model has the first and the last
    image = dots((35.5, 30.5), (55.5, 30.5))
    example = Example(image, ("m",), points, np.zeros((1, 3), np.int8))
    assert rendered_error(DotFinder(), [example], [0, 2], BODY) == pytest.approx((0 + 10 / BODY) / 2)
    outside = Example(image, ("m",), np.where([[[1], [1], [np.nan]]], points, points), example.visibility)
    outside.points[0, 2] = np.nan
    assert rendered_error(DotFinder(), [outside], [0, 2], BODY) == 0
