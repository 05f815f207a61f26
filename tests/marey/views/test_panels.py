"""Panels of a clip: none lies on another, parts hold what goes on, and places in them are where they belong."""

import numpy as np
import pytest

from marey.views import panels


@pytest.mark.parametrize("cameras", [1, 2, 3, 4, 5, 8, 9, 14])
@pytest.mark.parametrize("height", [64, 480, 481, 1080])
def test_nothing_overlaps_and_sizes_are_even(cameras, height):
    layout = panels.lay_out(cameras, height, [(f"keypoint {at}", "#112233") for at in range(20)])
    assert all(number % 2 == 0 for number in (*layout.size, *layout.panel))
    taken = np.zeros(layout.size[::-1], int)
    taken[: layout.stage, : layout.stage] += 1
    for x, y in layout.corners:
        taken[y : y + layout.panel[1], x : x + layout.panel[0]] += 1
        assert x + layout.panel[0] <= layout.size[0]
        assert y + layout.panel[1] <= layout.stage
    assert taken.max() == 1
    assert sum(map(len, layout.key)) == 20
    assert len(layout.corners) == cameras


def test_lines_of_the_key_fit():
    key = [("a" * length, "#112233") for length in (3, 30, 5, 8, 60, 2)]
    lines = panels.wrap(key, 300, 12)
    assert [pair for line in lines for pair in line] == key
    assert len(lines) > 2


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (1920, 100)])
def test_a_part_holds_what_is_seen_and_no_more_than_the_image(size):
    chance = np.random.default_rng(0)
    for _ in range(20):
        middle = chance.uniform(0, 1, 2) * size
        seen = middle + chance.normal(0, 0.05, (30, 2)) * size
        seen[0] = np.nan
        left, top, right, bottom = panels.choose_part(seen, size)
        assert left >= -1e-9
        assert top >= -1e-9
        assert right <= size[0] + 1e-9
        assert bottom <= size[1] + 1e-9
        inside = seen[np.isfinite(seen[:, 0]) & (seen >= 0).all(axis=1) & (seen <= size).all(axis=1)]
        assert ((inside >= [left - 1e-9, top - 1e-9]) & (inside <= [right + 1e-9, bottom + 1e-9])).all()
        assert right - left >= panels.MIN_PART * size[0] - 1e-9
    assert panels.choose_part(np.full((3, 2), np.nan), size) == (0, 0, *size)


@pytest.mark.parametrize("part", [(0, 0, 200, 100), (40, 20, 120, 80), (10.5, 3.25, 50.5, 90.25)])
def test_a_place_of_the_image_is_in_its_place_in_the_panel(part):
    image = np.zeros((100, 200, 3), np.uint8)
    image[48:52, 43:47] = 255  # about (45, 50)
    picture, scale, shift = panels.show_part(image, part, (320, 240))
    assert picture.size == (320, 240)
    bright = np.argwhere(np.asarray(picture)[..., 0] > 127)
    middle = bright.mean(axis=0)[::-1] + 0.5
    np.testing.assert_allclose(middle, scale * np.array([45, 50]) + shift, atol=1.5)
