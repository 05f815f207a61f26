"""Pseudo-labels: only what is sure, steady and the same in all copies teaches."""

import numpy as np
import pytest

from marey.adaptation.films import Film
from marey.adaptation.pseudo_labels import Taught, pseudo_labels, spread_over_postures
from marey.adaptation.sight import Animals

from .test_consistency import BODY, DotFinder, dots

PLACES = [(30 + 2 * step, 30) for step in range(8)]  # of the red dot; the green one is 10 px to its right


@pytest.fixture
def film() -> Film:
    images = [[dots((x + step, y), (x + step + 10, y)) for step in (-1, 0, 1)] for x, y in PLACES]
    return Film("v", np.array(images), np.arange(len(images)))


def test_what_is_seen_alike_in_all_copies_teaches_and_held_out_windows_do_not(film):
    taught = pseudo_labels(DotFinder(), film, BODY)
    expected = [
        np.array([[[x, y], [x + 10, y]]]) for (x, y), held in zip(PLACES, film.held_out, strict=True) if not held
    ]
    assert len(taught) == len(expected) == 6
    for each, points in zip(taught, expected, strict=True):
        np.testing.assert_allclose(each.points, points, atol=1.5)


def test_an_unsure_keypoint_is_unknown_and_an_unsure_animal_teaches_nothing(film):
    class Unsure(DotFinder):
        sure = (0.9, 0.1)

        def __call__(self, images):
            return [each._replace(confidence=np.array([self.sure])) for each in super().__call__(images)]

    taught = pseudo_labels(Unsure(), film, BODY)
    assert all(np.isnan(each.points[:, 1]).all() and np.isfinite(each.points[:, 0]).all() for each in taught)
    assert len(taught) == 6
    Unsure.sure = (0.1, 0.1)
    assert pseudo_labels(Unsure(), film, BODY) == []


def test_a_keypoint_that_jumps_between_frames_does_not_teach(film):
    film.images[0, 1] = dots((30, 30), (40, 12))  # in the middle frame of the first window alone
    points = pseudo_labels(DotFinder(), film, BODY)[0].points
    assert np.isfinite(points[0, 0]).all()
    assert np.isnan(points[0, 1]).all()


def test_a_frame_whose_animals_change_in_number_teaches_nothing(film):
    class Flickering(DotFinder):
        def __call__(self, images):
            seen = super().__call__(images)
            if len(images) == 6:
                self.turn = getattr(self, "turn", 0) + 1
                if self.turn == 1:  # the frames before
                    return [Animals(np.zeros((0, 2, 2)), np.zeros((0, 2)))] * len(images)
            return seen

    assert pseudo_labels(Flickering(), film, BODY) == []


def test_frames_are_chosen_that_differ():
    image = np.zeros((4, 4, 3), np.uint8)
    alike = [Taught(image, np.float32([[[10, 10], [20 + 0.01 * k, 10]]])) for k in range(9)]
    other = Taught(image, np.float32([[[10, 40], [10, 60]]]))
    chosen = spread_over_postures([*alike, other], 2)
    assert any(each is other for each in chosen)
    assert len(spread_over_postures(alike, 20)) == 9
