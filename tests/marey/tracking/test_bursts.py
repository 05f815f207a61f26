"""Bursts: made animals whose keypoints are now and then elsewhere, with exact truth, and animals that really move."""

import numpy as np
import pytest

from marey.tracking.bursts import find_bursts, middle

FRAMES, RATE = 600, 30
BODY = np.array([(40.0, 0), (25, 12), (25, -12), (-50, 0)])


def walk(seed=0, *, noise=1.0) -> np.ndarray:
    """An animal that goes in loops, f64[time, keypoint, 2] px."""
    chance, time = np.random.default_rng(seed), np.arange(FRAMES) / RATE
    place = 300 + np.stack([150 * np.sin(0.9 * time), 100 * np.cos(1.3 * time)], axis=1)
    return place[:, None] + BODY + chance.normal(0, noise, (FRAMES, len(BODY), 2))


def bursts(points) -> np.ndarray:
    return find_bursts(points, np.arange(len(points), dtype=float), rate=RATE)


def one_corner(points, false):
    for start, length in ((50, 1), (120, 12), (300, 25)):
        false[start : start + length, 3] = True
    points[false] = np.random.default_rng(1).normal((600, 20), 1, (false.sum(), 2))


def a_third_of_the_video(points, false):
    false[100:300, 3] = True
    points[false] = (700, 20)


def two_keypoints_together(points, false):
    false[100:130, 2:] = True
    points[false] = (800, 10)


def the_whole_animal(points, false):
    false[100:120] = True
    points[100:120] += (400, 0)


def between_missing_frames(points, false):
    points[90:100] = points[110:115, 3] = np.nan
    false[100:110, 3] = True
    points[false] = (700, 20)


def at_both_ends(points, false):
    false[:8, 3] = false[-8:, 0] = True
    points[false] = (700, 20)


@pytest.mark.parametrize(
    "falsify",
    [one_corner, a_third_of_the_video, two_keypoints_together, the_whole_animal, between_missing_frames, at_both_ends],
)
def test_places_where_the_animal_cannot_be_are_found_and_no_others(falsify):
    points, false = walk(), np.zeros((FRAMES, len(BODY)), bool)
    falsify(points, false)
    np.testing.assert_array_equal(bursts(points), false)


def darting() -> np.ndarray:
    """Rest but for a dash of a body length in two frames, and back."""
    points = np.tile(300.0 + BODY, (FRAMES, 1, 1))
    points[200:] += (250, 0)
    points[195:200, :, 0] += np.array([10, 50, 110, 180, 235])[:, None]
    points[400:] -= (250, 0)
    points[400:405, :, 0] += np.array([240, 200, 140, 70, 15])[:, None]
    return points


def lifted() -> np.ndarray:
    """Put elsewhere by a hand, between two frames, for the rest of the video."""
    points = walk()
    points[250:] += (500, 100)
    return points


def reaching() -> np.ndarray:
    """A paw that rests near the head, and for a few frames in a hundred is farther from it than the body is long."""
    points = walk()
    for start in range(40, FRAMES, 100):
        points[start : start + 5, 0] += np.outer([30, 60, 90, 60, 30], (1, 0))
    return points


def slow_camera() -> np.ndarray:
    """A frame every few seconds: each shows the animal anywhere."""
    return np.random.default_rng(2).uniform(0, 900, (FRAMES, 1, 2)) + BODY


def hidden_at_times() -> np.ndarray:
    """The tail base is seen in a tenth of the frames, and comes and goes with the animal elsewhere."""
    points = walk()
    points[np.arange(FRAMES) % 40 > 3, 3] = np.nan
    points[np.arange(FRAMES) % 150 > 90] = np.nan
    return points


def one_keypoint() -> np.ndarray:
    points = walk()[:, :1]
    points[100:105] += 500
    return points


@pytest.mark.parametrize("make", [walk, darting, lifted, reaching, slow_camera, hidden_at_times, one_keypoint])
def test_animals_that_really_move_lose_nothing(make):
    assert not bursts(make()).any()


def test_nothing_and_little_are_survived():
    assert not bursts(np.full((5, 3, 2), np.nan)).any()
    assert not bursts(np.zeros((1, 3, 2))).any()
    assert bursts(np.zeros((0, 3, 2))).shape == (0, 3)


def test_the_middle_is_the_median_of_what_is_seen():
    points = np.random.default_rng(0).normal(size=(50, 5, 2))
    points[np.random.default_rng(1).random((50, 5)) < 0.3] = np.nan
    points[3] = np.nan
    got = middle(points)
    assert np.isnan(got[3]).all()
    rows = np.isfinite(points).all(axis=2).any(axis=1)
    np.testing.assert_allclose(got[rows], np.nanmedian(points[rows], axis=1))


def test_an_ear_on_the_tail_is_found_by_the_length_of_its_limb():
    """It is within the animal's size of the others, but nowhere near where it always is."""
    points, false = walk(), np.zeros((FRAMES, len(BODY)), bool)
    false[200:204, 1] = false[400:420, 1] = True
    points[false] = points[:, 3][false[:, 1]] - (25, 0)
    np.testing.assert_array_equal(bursts(points), false)
