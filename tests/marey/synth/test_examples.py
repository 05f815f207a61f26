from dataclasses import replace

import numpy as np
import pytest

from marey.synth.examples import (
    ABSENT,
    OCCLUDED,
    PLACE_EXAMPLES,
    VISIBLE,
    animal_names,
    load_animal,
    render_example,
    render_examples,
)
from marey.synth.places import draw_place

EVERY = pytest.mark.parametrize("animal", ["fly_top", "mouse_side", "mouse_top"])


def test_there_are_flies_and_mice():
    assert animal_names() == ["fly_top", "mouse_side", "mouse_top"]
    with pytest.raises(ValueError, match="'rat_top'.*choose one of fly_top, mouse_side, mouse_top"):
        render_example(0, 0, animal="rat_top")


@EVERY
def test_an_example_does_not_depend_on_those_before(animal):
    series = list(render_examples(5, 4, animal=animal, size=(160, 120)))
    (alone,) = render_examples(5, 1, start=3, animal=animal, size=(160, 120))
    np.testing.assert_array_equal(alone.image, series[3].image)
    np.testing.assert_array_equal(alone.points, series[3].points)
    np.testing.assert_array_equal(alone.visibility, series[3].visibility)
    assert not np.array_equal(series[0].image, series[1].image)
    assert not np.array_equal(series[0].image, render_example(6, 0, animal=animal, size=(160, 120)).image)


def test_examples_that_follow_on_one_another_share_a_place(monkeypatch):
    drawn = []

    def draw(chance, size):
        drawn.append(draw_place(chance, size))
        return drawn[-1]

    monkeypatch.setattr(load_animal("mouse_top"), "draw_place", draw)
    series = list(render_examples(8, 2 * PLACE_EXAMPLES, size=(160, 120)))
    assert len(drawn) == 2
    assert not np.array_equal(drawn[0].image, drawn[1].image)
    again = render_example(8, 1, size=(160, 120))  # the first place anew
    np.testing.assert_array_equal(drawn[2].image, drawn[0].image)  # painting has not changed it
    np.testing.assert_array_equal(again.image, series[1].image)
    assert len({example.points.tobytes() for example in series}) == len(series)


@EVERY
def test_examples_have_their_shapes_and_names(animal):
    numbers, names = set(), tuple(load_animal(animal).KEYPOINTS)
    for example in render_examples(1, 25, animal=animal, size=(160, 120)):
        assert example.keypoints == names
        count = len(example.individuals)
        numbers.add(count)
        assert example.image.shape == (120, 160, 3)
        assert example.image.dtype == np.uint8
        assert len(set(example.individuals)) == count
        assert example.points.shape == (count, len(names), 2)
        assert example.points.dtype == np.float32
        assert example.visibility.dtype == np.int8
        absent = example.visibility == ABSENT
        np.testing.assert_array_equal(np.isnan(example.points).all(axis=-1), absent)
        assert (~absent).any(axis=1).all()  # animals that are not in the image are left out
        inside = example.points[~absent]
        assert (inside >= 0).all()
        assert (inside < [160, 120]).all()
    assert {1, 2} <= numbers <= {1, 2, 3, 4}


def test_as_many_animals_as_asked_for():
    assert {len(example.individuals) for example in render_examples(2, 6, size=(640, 480), animals=3)} <= {1, 2, 3}


def hung(chance, size):
    """A place whose left half is behind a black cloth."""
    place = draw_place(chance, size)
    solid, over = place.solid.copy(), np.zeros((*place.solid.shape, 4), np.float32)
    solid[:, : size[0] // 2] = 1.0
    over[:, : size[0] // 2, 3] = 1.0
    return replace(place, solid=solid, over=over)


def test_what_hangs_before_an_animal_hides_it():
    found = 0
    for example in render_examples(3, 12, place=hung):
        behind = (example.visibility != ABSENT) & (example.points[..., 0] < 160)
        assert set(example.visibility[behind]) <= {OCCLUDED}
        found += behind.sum()
    assert found > 20


@EVERY
def test_most_keypoints_of_a_lone_animal_are_visible(animal):
    seen = np.concatenate([example.visibility[0] for example in render_examples(4, 15, animal=animal, animals=1)])
    assert (seen == VISIBLE).mean() > 0.5 * (seen != ABSENT).mean()


@EVERY
@pytest.mark.parametrize("animals", [1, 4])
def test_any_number_of_animals_renders(animal, animals):
    assert render_example(0, 0, animal=animal, animals=animals).image.std() > 0


@EVERY
def test_every_keypoint_has_a_line_that_says_where_it_is(animal):
    for name, text in load_animal(animal).KEYPOINTS.items():
        assert 8 < len(text) < 80, name
        assert "\n" not in text


def looked_past(chance, size):
    """A place whose camera sees the floor far from where animals are."""
    place = draw_place(chance, size)
    return replace(place, camera=replace(place.camera, t=place.camera.t + np.array([9000.0, 0, 0])))


def test_an_image_that_shows_no_mouse_is_an_error():
    with pytest.raises(ValueError, match="320 x 240 px no half of a mouse"):
        render_example(0, 0, place=looked_past)


def test_no_image_is_burnt_out_all_over(monkeypatch):
    burnt = np.full((96, 128, 3), 255, np.uint8)
    taken = [burnt, burnt, np.arange(burnt.size, dtype=np.uint8).reshape(burnt.shape)]
    monkeypatch.setattr("marey.synth.examples.expose", lambda *_: taken.pop(0))
    assert render_example(0, 0, size=(128, 96)).image.std() > 0
    assert not taken
