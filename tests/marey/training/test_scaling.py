"""Framing: animals get a sensible size, and squares that hold them."""

import itertools

import numpy as np
import pytest

from marey.labels.dataset import LabelledFrames
from marey.training import scaling


class Pictures(list):
    """Pictures of which only the shapes are known."""

    shapes = ((480, 640), (300, 200))


FRAMES = LabelledFrames(["v"] * 2, np.arange(2), Pictures(), [["m"]] * 2, np.zeros((2, 1, 2, 2)), np.zeros((2, 1, 2)))


def resolved(size: float, scale="auto", crop="auto", number=40, method="single") -> tuple[float, int]:
    config = {
        "model": {"scale": scale, "stride": 4},
        "train": {"crop": crop, "steps": 3},
        "augment": {},
        "animals": {"method": method},
    }
    found = scaling.resolve_scaling(config, FRAMES, size=size, side=size, number=number)
    assert found["model"]["stride"] == 4
    assert found["train"]["steps"] == 3
    assert config["model"]["scale"] == scale  # the original stays
    return found["model"]["scale"], found["train"]["crop"]


@pytest.mark.parametrize(
    ("size", "scale", "crop"),
    [
        (20, 2.0, 64),  # no more than twice; 1.15 * 40 px
        (100, 1.7, 224),  # enlarged to 170 px
        (200, 1.0, 256),  # 1.15 * 200 px
        (500, 0.5, 288),  # reduced to 250 px
        (0, 1.0, 256),  # one keypoint has no size
    ],
)
def test_animals_are_brought_to_a_sensible_size(size, scale, crop):
    assert resolved(size) == (scale, crop)


def test_small_animals_are_enlarged_more_where_only_squares_are_seen():
    assert resolved(20, method="top_down") == (4.0, 96)
    assert resolved(60, method="top_down")[0] == 2.83  # 170 px
    assert resolved(60, method="bottom_up")[0] == 2.0


@pytest.mark.parametrize(
    ("number", "size", "scale"),
    [
        (1, 100, 1.13),  # 2/3 of 170 px
        (5, 100, 1.13),
        (5, 140, 1.0),
        (5, 500, 0.33),  # 2/3 of 250 px
        (14, 100, 1.41),  # about halfway, 141 px
        (40, 100, 1.7),
        (4000, 100, 1.7),
        (5, 20, 2.0),
    ],
)
def test_few_labelled_animals_are_made_smaller(number, size, scale):
    assert resolved(size, number=number)[0] == scale


def test_one_label_more_changes_the_size_little():
    parts = [scaling.part_of_size(number) for number in range(100)]
    assert max(after - before for before, after in itertools.pairwise(parts)) < 0.03
    assert parts == sorted(parts)


@pytest.mark.parametrize(("size", "scale", "crop"), [(640, 0.1, 64), (128, 0.5, 160), (40, 1.0, 160), (0, 1.0, 160)])
def test_to_a_locator_animals_are_64_px_large_or_smaller(size, scale, crop):
    config = {"model": {"stride": 4}, "train": {"steps": 3}}
    found = scaling.resolve_locator(config, FRAMES, size)
    assert found == {"model": {"stride": 4, "scale": scale}, "train": {"steps": 3, "crop": crop}}


def test_what_the_config_says_stays():
    assert resolved(100, scale=0.5, crop=96) == (0.5, 96)
    assert resolved(100, scale=0.5) == (0.5, 64)
    assert resolved(100, crop=96) == (1.7, 96)


def test_squares_are_no_larger_than_the_pictures():
    assert resolved(640, scale=1.0)[1] == 640
    assert scaling.training_crop(100, 100) == 128  # the smallest that covers them
