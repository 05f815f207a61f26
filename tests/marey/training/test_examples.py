"""Examples: labelled frames at the network's scale, in batches."""

import itertools

import numpy as np
import pytest

from marey.labels import dataset
from marey.pictures import geometry
from marey.training import examples, images

SHAPES = [(20, 30), (40, 30), (20, 30)]  # height, width


class Pictures(list):
    shapes = SHAPES


@pytest.fixture
def labelled():
    """Three frames of two sizes, one animal, two keypoints."""
    generator = np.random.default_rng(0)
    pictures = Pictures(generator.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in SHAPES)
    points = generator.uniform(0, 20, (3, 1, 2, 2)).astype(np.float32)
    visibility = np.array([[[0, 1]], [[2, 3]], [[0, 0]]], np.int8)
    return dataset.LabelledFrames(["v"] * 3, np.arange(3), pictures, [["m"]] * 3, points, visibility)


def made(labelled, scale=1.0):
    return examples.Examples(labelled, images.ScaledImages(labelled.images, scale))


def test_examples_are_at_the_scale_of_the_network(labelled):
    batch = made(labelled, scale=0.5).batch(np.array([2, 1, 2]))
    assert batch["images"].shape == (3, 32, 32, 3)
    np.testing.assert_array_equal(batch["sizes"], [[15, 10], [15, 20], [15, 10]])
    np.testing.assert_allclose(batch["points"], labelled.points[[2, 1, 2]] / 2)
    np.testing.assert_array_equal(batch["visibility"], labelled.visibility[[2, 1, 2]])
    np.testing.assert_array_equal(batch["images"][1], geometry.resize(labelled.images[1], scale=0.5))


def test_pictures_of_several_sizes_share_the_largest(labelled):
    batch = made(labelled).batch(np.arange(2))
    assert batch["images"].shape == (2, 64, 32, 3)
    np.testing.assert_array_equal(batch["images"][0, :20, :30], labelled.images[0])
    assert not batch["images"][0, 32:].any()
    assert made(labelled).batch(np.array([2]))["images"].shape == (1, 64, 32, 3)  # whichever are drawn


def test_what_is_drawn_are_the_rows_that_train_and_those_that_are_shown_again(labelled):
    several = examples.Examples(labelled, images.ScaledImages(labelled.images, 1.0), replayed=1, share=0.5)
    drawn = list(itertools.islice(several.orders(np.array([1]), 4, seed=0), 3))
    np.testing.assert_array_equal(drawn, [[1, 1, 2, 2]] * 3)
    alone = itertools.islice(made(labelled).orders(np.array([0, 2]), 2, seed=0), 3)
    assert [sorted(order) for order in alone] == [[0, 2]] * 3


def test_examples_may_have_scales_of_their_own():
    pictures = images.Images([np.full((64, 96, 3), 100, np.uint8), np.full((32, 64, 3), 50, np.uint8)])
    points = np.array([[[[40, 20]]], [[[40, 20]]]], np.float32)
    nothing = np.zeros((2, 1, 1), np.int8)
    labelled = dataset.LabelledFrames(["v", "v"], np.arange(2), pictures, [["m"]] * 2, points, nothing)
    several = examples.Examples(labelled, images.ScaledImages(pictures, np.array([0.5, 1.0])))
    np.testing.assert_allclose(several.labels["points"][:, 0, 0], [[20, 10], [40, 20]])


def test_near_copies_share_one_draw(labelled):
    """Of 20 frames, 16 are one resting pose; each pass draws it once, and in 16 passes each of its frames."""
    generator = np.random.default_rng(3)
    rest, shown = generator.uniform(2, 18, (1, 2, 2)), generator.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    moved = [rest + generator.uniform(-1, 1, rest.shape) for _ in range(16)] + [rest + 8 * n for n in range(1, 5)]
    pictures = images.Images([shown] * 16 + [np.roll(shown, 8 * n, axis=(0, 1)) for n in range(1, 5)])
    points, visible = np.float32(moved), np.zeros((20, 1, 2), np.int8)
    frames = dataset.LabelledFrames(["v"] * 20, np.arange(20), pictures, [["m"]] * 20, points, visible)
    several = made(frames)
    drawn = np.concatenate(list(itertools.islice(several.orders(np.arange(20), 4, seed=0), 20)))
    assert np.bincount(drawn, minlength=20).tolist() == [1] * 16 + [16] * 4  # 80 draws of 5 looks
    alone = np.concatenate(list(itertools.islice(several.orders(np.arange(4), 4, seed=0), 2)))
    assert np.bincount(alone).tolist() == [2] * 4  # by the frames that train alone
