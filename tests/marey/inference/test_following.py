"""Following: the same places as in whole pictures, from few whole pictures, wherever a shard begins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marey.inference.following import Follower
from marey.pictures.views import Picture
from marey.tables.plan import GROUP_FRAMES

SIDE = 64
WIDTH, HEIGHT = 320, 256


class Watcher:
    """Finds the brightest pixel of each picture as two keypoints, 2 px apart, and counts the pixels that it saw."""

    def __init__(self):
        self.pixels = []

    def __call__(self, pictures):
        points, confidence = np.zeros((len(pictures), 2, 2), np.float32), np.zeros((len(pictures), 2), np.float32)
        for index, picture in enumerate(pictures):
            self.pixels.append(picture.shape[0] * picture.shape[1])
            row, column = np.unravel_index(picture[..., 0].argmax(), picture.shape[:2])
            points[index] = [[column + 0.5, row + 0.5], [column + 2.5, row + 0.5]]
            confidence[index] = picture[row, column, 0] / 255
        return points, confidence


def film(places, brightness=200):
    """Black pictures with one bright pixel at each of `places` (x, y); None: nothing to see."""
    pictures = []
    for place in places:
        picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        if place is not None:
            picture[place[1], place[0]] = brightness
        pictures.append(picture)
    return pictures


def wrapped(images):
    return [Picture(image, 1.0) for image in images]


def seen(pictures, first=0):
    look = Watcher()
    points, confidence = Follower(look, side=SIDE)(wrapped(pictures), range(first, first + len(pictures)))
    return points, confidence, look.pixels


def test_a_slow_animal_is_followed_in_windows():
    places = [(20 + 4 * frame, 30 + 3 * frame) for frame in range(70)]
    points, confidence, pixels = seen(film(places))
    np.testing.assert_array_equal(points[:, 0], np.array(places) + 0.5)
    np.testing.assert_allclose(confidence, 200 / 255, rtol=1e-6)
    assert pixels.count(WIDTH * HEIGHT) == 3  # one for each group of 32
    assert pixels.count(SIDE**2) == 67


def test_an_animal_that_jumps_or_comes_back_is_found_again():
    places = [(20, 20)] * 10 + [(300, 200)] * 10 + [None] * 10 + [(150, 100)] * 10
    points, confidence, pixels = seen(film(places))
    shown = [place is not None for place in places]
    np.testing.assert_array_equal(points[shown, 0], np.array([place for place in places if place]) + 0.5)
    assert not confidence[20:30].any()
    # the start of each group, the jump, the loss and the frames without an animal with the one in which it is back
    assert pixels.count(WIDTH * HEIGHT) == 2 + 1 + 10 + 1


def test_at_the_side_of_a_window_the_whole_picture_decides_but_not_at_the_side_of_the_picture():
    inside = seen(film([(160, 128)] * 2))[2]
    near = seen(film([(160, 128), (160 - 28, 128)]))[2]
    corner = seen(film([(3, 3)] * 2))[2]
    assert [pixels[1:] for pixels in (inside, near, corner)] == [[SIDE**2], [SIDE**2, WIDTH * HEIGHT], [SIDE**2]]


def test_pictures_no_larger_than_a_window_are_looked_at_whole():
    look = Watcher()
    Follower(look, side=SIDE)(wrapped([picture[:SIDE] for picture in film([(5, 5)] * 3)]), range(3))
    assert look.pixels == [SIDE * WIDTH] * 3


@given(st.lists(st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1)), min_size=1, max_size=8), st.data())
@settings(max_examples=25, deadline=None)
def test_shards_that_begin_with_a_group_see_what_one_shard_sees(stops, data):
    """A random walk between random places, with pauses; cut anywhere between groups."""
    frames = np.linspace(0, len(stops) - 1, 4 * GROUP_FRAMES)
    places = np.stack([np.interp(frames, range(len(stops)), axis) for axis in np.array(stops).T], axis=1).astype(int)
    pictures = film(places)
    cuts = sorted(data.draw(st.sets(st.sampled_from([GROUP_FRAMES, 2 * GROUP_FRAMES, 3 * GROUP_FRAMES]))))
    parts = [seen(pictures[a:b], a)[:2] for a, b in zip([0, *cuts], [*cuts, len(pictures)], strict=True)]
    whole = seen(pictures)[:2]
    for part, expected in zip(zip(*parts, strict=True), whole, strict=True):
        np.testing.assert_array_equal(np.concatenate(part), expected)
    np.testing.assert_array_equal(whole[0][:, 0], places + 0.5)


@pytest.mark.parametrize("lost", [[0], [5], [0, 1, 2, 31, 32]])
def test_frames_that_are_missing_do_not_shift_the_groups(lost):
    frames = [frame for frame in range(70) if frame not in lost]
    look = Watcher()
    Follower(look, side=SIDE)(wrapped(film([(100, 100)] * len(frames))), frames)
    assert look.pixels.count(WIDTH * HEIGHT) == 3


@pytest.mark.parametrize("group", [GROUP_FRAMES, None])
def test_calls_go_on_where_the_one_before_ended(group):
    """Frames given one by one, as a camera gives them, are followed as those given together."""
    places = [(20 + 3 * frame, 30 + 2 * frame) for frame in range(40)]
    look, together = Watcher(), Watcher()
    follower, pictures = Follower(look, side=SIDE, group=group), wrapped(film(places))
    found = [follower([picture], [frame])[0][0, 0] for frame, picture in enumerate(pictures)]
    np.testing.assert_array_equal(found, np.array(places) + 0.5)
    Follower(together, side=SIDE, group=group)(pictures, range(40))
    assert sorted(look.pixels) == sorted(together.pixels)
    assert look.pixels.count(WIDTH * HEIGHT) == (2 if group else 1)


class Told:
    """Finds in each picture what its first pixel tells: an entry of (points, confidence), in windows and whole."""

    def __init__(self, near, far):
        self.near, self.far = near, far

    def __call__(self, pictures):
        seen = [(self.near if picture.shape[0] == SIDE else self.far) for picture in pictures]
        points, confidence = zip(*(entry.pop(0) for entry in seen), strict=True)
        return np.float32(points), np.float32(confidence)


HERE = [(20, 20), (30, 20), (40, 30)]  # px of the window, and of the picture: it begins at its corner


@pytest.mark.parametrize(
    ("near", "there", "far", "kept"),
    [
        ([0.9, 0.8, 0.1], [(250, 200)] * 3, [0.9, 0.9, 0.9], True),  # elsewhere, and not much surer
        ([0.3, 0.1, 0.1], [(250, 200)] * 3, [0.9, 0.9, 0.9], False),  # it has gone there
        ([0.9, 0.8, 0.1], [(20, 20), (30, 20), (70, 30)], [0.9, 0.8, 0.7], False),  # a keypoint is outside the window
        ([0.9, 0.8, 0.3], [(20, 20), (30, 20), (70, 30)], [0.9, 0.8, 0.2], True),
    ],
)
def test_a_good_answer_of_the_window_stays(near, there, far, kept):
    sure = [0.9, 0.9, 0.9]
    look = Told([(HERE, near), (HERE, sure)], [(HERE, sure), (there, far)])
    points, confidence = Follower(look, side=SIDE)(wrapped(film([None] * 2)), range(2))
    np.testing.assert_array_equal(points[1], np.float32(HERE if kept else there))
    np.testing.assert_array_equal(confidence[1], np.float32(near if kept else far))
