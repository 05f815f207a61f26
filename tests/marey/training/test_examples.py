"""Examples and their order: at the network's scale, each as often as the others, the same after an interruption."""

import itertools

import numpy as np
import pytest

from marey.labels import dataset
from marey.pictures import geometry
from marey.training import examples

SHAPES = [(20, 30), (40, 30), (20, 30)]  # height, width


class Pictures(list):
    shapes = SHAPES


@pytest.fixture
def labelled():
    """Three frames of two sizes, one animal, two keypoints."""
    generator = np.random.default_rng(0)
    images = Pictures(generator.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in SHAPES)
    points = generator.uniform(0, 20, (3, 1, 2, 2)).astype(np.float32)
    visibility = np.array([[[0, 1]], [[2, 3]], [[0, 0]]], np.int8)
    return dataset.LabelledFrames(["v"] * 3, np.arange(3), images, [["m"]] * 3, points, visibility)


def made(labelled, scale=1.0):
    return examples.Examples(labelled, examples.ScaledImages(labelled.images, scale))


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


@pytest.mark.parametrize(("room", "kept"), [(0, 0), (32 * 32 * 3, 1), (96 * 32 * 3, 2), (128 * 32 * 3, 3)])
def test_only_what_there_is_room_for_is_kept(labelled, monkeypatch, room, kept):
    monkeypatch.setattr(examples, "IMAGE_CACHE_BYTES", room)
    reads = []
    monkeypatch.setattr(
        geometry, "resize", lambda image, scale, f=geometry.resize: reads.append(1) or f(image, scale=scale)
    )
    images = examples.ScaledImages(labelled.images, 1.0)
    several = examples.Examples(labelled, images)
    first, again = (several.batch(np.arange(3)) for _ in range(2))
    np.testing.assert_array_equal(first["images"], again["images"])
    assert len(reads) == 6 - kept


@pytest.mark.parametrize(("count", "size"), [(5, 2), (3, 8), (4, 4)])
def test_batches_use_every_frame_equally_often(count, size):
    drawn = list(itertools.islice(examples.draw_batches(count, size, seed=1), count))
    assert all(len(batch) == size for batch in drawn)
    assert np.bincount(np.concatenate(drawn)).tolist() == [size] * count
    again = list(itertools.islice(examples.draw_batches(count, size, seed=1), count))
    other = list(itertools.islice(examples.draw_batches(count, size, seed=2), count))
    np.testing.assert_array_equal(drawn, again)
    assert not np.array_equal(drawn, other)


@pytest.mark.parametrize("start", [0, 1, 2, 3, 7, 20])
@pytest.mark.parametrize(("count", "size"), [(5, 2), (3, 8), (4, 4)])
def test_a_later_start_draws_what_would_have_been_drawn(count, size, start):
    whole = list(itertools.islice(examples.draw_batches(count, size, seed=1), start + 5))
    np.testing.assert_array_equal(
        whole[start:], list(itertools.islice(examples.draw_batches(count, size, seed=1, start=start), 5))
    )


@pytest.mark.parametrize(("share", "again"), [(0.25, 2), (0.01, 1), (0.9, 7), (0.99, 7)])
def test_each_batch_has_its_share_of_what_is_shown_again(share, again):
    drawn = list(itertools.islice(examples.draw_mixed(12, 5, 8, share=share, seed=1), 20))
    assert all((batch >= 7).sum() == again and len(batch) == 8 for batch in drawn)
    assert set(np.concatenate(drawn)) == set(range(12))
    later = list(itertools.islice(examples.draw_mixed(12, 5, 8, share=share, seed=1, start=3), 5))
    np.testing.assert_array_equal(later, drawn[3:8])


def test_what_is_drawn_are_the_rows_that_train_and_those_that_are_shown_again(labelled):
    images = examples.ScaledImages(labelled.images, 1.0)
    several = examples.Examples(labelled, images, replayed=1, share=0.5)
    drawn = list(itertools.islice(several.orders(np.array([1]), 4, seed=0), 3))
    np.testing.assert_array_equal(drawn, [[1, 1, 2, 2]] * 3)
    alone = itertools.islice(made(labelled).orders(np.array([0, 2]), 2, seed=0), 3)
    assert [sorted(order) for order in alone] == [[0, 2]] * 3


def test_images_may_have_scales_of_their_own():
    images = [np.full((64, 96, 3), 100, np.uint8), np.full((32, 64, 3), 50, np.uint8)]
    scaled = examples.ScaledImages(images, np.array([0.5, 1.0]))
    assert [scaled[index].shape for index in (0, 1)] == [(32, 64, 3), (32, 64, 3)]  # sides are multiples of 32
    labelled = dataset.LabelledFrames(
        ["v", "v"],
        np.arange(2),
        examples.Images(images),
        [["m"]] * 2,
        np.array([[[[40, 20]]], [[[40, 20]]]], np.float32),
        np.zeros((2, 1, 1), np.int8),
    )
    made = examples.Examples(labelled, scaled)
    np.testing.assert_allclose(made.labels["points"][:, 0, 0], [[20, 10], [40, 20]])
