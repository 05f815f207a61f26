"""Looks: near-copies are found by labels and images, and nothing else is taken for one."""

import numpy as np
import pytest

from marey.training import looks

PLACES = np.float32([[[20, 30], [60, 40]], [[100, 90], [140, 80]]])  # of two animals
GREY = np.full((32, 32), 90, np.float32)


def found(second, *, videos=("v", "v"), other=GREY, first=PLACES):
    shown = [GREY, other]
    return looks.near_copies(videos, np.stack([first, second]), shown.__getitem__).tolist()


def changed(index, value):
    points = PLACES.copy()
    points[index] = value
    return points


def test_what_hardly_moved_is_a_near_copy():
    assert found(PLACES) == [0, 0]
    assert found(PLACES + looks.NEAR_POINTS / 2) == [0, 0]


@pytest.mark.parametrize(
    ("second", "how"),
    [
        (changed((1, 1), [146, 80]), {}),  # one point of eight numbers, by 6 px
        (changed((0, 0), np.nan), {}),  # labelled in one alone
        (PLACES, {"videos": ("v", "w")}),
        (PLACES, {"other": GREY + 3}),  # the light went on
    ],
)
def test_what_differs_has_a_look_of_its_own(second, how):
    assert found(second, **how) == [0, 1]


def test_images_are_asked_for_only_where_points_are_alike():
    looks.near_copies(["v"] * 2, np.stack([PLACES, PLACES + 50]), lambda index: pytest.fail("asked for"))


def test_slow_changes_do_not_run_into_one_look():
    """A point that goes 3 px in every frame, against the same in plain Python."""
    points = np.float32([[[[3.0 * number, 0]]] for number in range(20)])
    expected, firsts = [], []
    for number in range(20):
        first = next((each for each in firsts if 3 * (number - each) <= looks.NEAR_POINTS), number)
        firsts += [number] if first == number else []
        expected.append(first)
    assert looks.near_copies(["v"] * 20, points, lambda index: GREY).tolist() == expected


def test_images_without_labels_are_told_apart_by_their_looks():
    shown = [GREY, GREY + 1, GREY + 10]
    assert looks.near_copies(["v"] * 3, np.full((3, 1, 2, 2), np.nan, np.float32), shown.__getitem__).tolist() == [
        0,
        0,
        2,
    ]


def test_thumbnails_are_of_what_is_valid_of_an_image():
    image = np.zeros((128, 160, 3), np.uint8)
    image[:64, :96] = 100
    np.testing.assert_array_equal(looks.make_thumbnail(image, np.float32([96, 64])), np.full((32, 32), 100))
