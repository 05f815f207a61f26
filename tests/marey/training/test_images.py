"""Images that train: scaled and kept, and windows that show all that a square can."""

import itertools

import jax
import numpy as np
import pytest

from marey.experiment.config import load_config
from marey.pictures import geometry
from marey.training import images
from marey.training.augment import affine

SHAPES = [(20, 30), (40, 30), (20, 30)]  # height, width


def counted(monkeypatch):
    """A list that gets longer with each image that is scaled."""
    reads, resize = [], geometry.resize
    monkeypatch.setattr(geometry, "resize", lambda image, scale: reads.append(1) or resize(image, scale=scale))
    return reads


def noise(*shapes):
    generator = np.random.default_rng(0)
    return images.Images(generator.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in shapes)


@pytest.mark.parametrize(("room", "kept"), [(0, 0), (32 * 32 * 3, 1), (96 * 32 * 3, 2), (128 * 32 * 3, 3)])
def test_only_what_there_is_room_for_is_kept(monkeypatch, room, kept):
    monkeypatch.setattr(images, "IMAGE_CACHE_BYTES", room)
    reads = counted(monkeypatch)
    scaled = images.ScaledImages(noise(*SHAPES), 1.0)
    for first, again in zip([scaled[row] for row in range(3)], [scaled[row] for row in range(3)], strict=True):
        np.testing.assert_array_equal(first, again)
    assert len(reads) == 6 - kept


def test_images_may_have_scales_of_their_own():
    scaled = images.ScaledImages(noise((64, 96), (32, 64)), np.array([0.5, 1.0]))
    assert [scaled[index].shape for index in (0, 1)] == [(32, 64, 3), (32, 64, 3)]  # sides are multiples of 32
    np.testing.assert_array_equal(scaled.sizes, [[48, 32], [64, 32]])


def windows(centres, rows, *, reach=20, scale=1.0, shape=(120, 200)):
    frames = noise(*[shape] * (max(rows) + 1))
    repeated = images.Repeated(frames, np.array(rows))
    return frames, images.Windows(repeated, scale, np.float32(centres), reach)


def test_windows_are_parts_of_the_scaled_image_and_end_at_its_edge():
    frames, cut = windows([[100, 60], [5, 110]], [0, 0], scale=0.5, reach=20)
    whole = geometry.resize(frames[0], scale=0.5)
    np.testing.assert_array_equal(cut[0], whole[10:50, 30:70])
    np.testing.assert_array_equal(cut.corners, [[30, 10], [0, 34]])
    np.testing.assert_array_equal(cut[1], whole[34:60, :23])  # from 2.5 - 20 to 22.5, of 100 x 60 px
    np.testing.assert_array_equal(cut.sizes, [[40, 40], [23, 26]])
    assert cut.shape == (40, 40, 3)


@pytest.mark.parametrize("far", [True, False])
def test_an_image_of_several_animals_is_decoded_once_and_kept_once(monkeypatch, far):
    places = [[40, 30], [160, 90], [100, 60]] if far else [[100, 60], [104, 60], [110, 64]]
    monkeypatch.setattr(images, "IMAGE_CACHE_BYTES", 2 * (3 * 40 * 40 * 3 if far else 128 * 224 * 3))
    reads = counted(monkeypatch)
    reach = 20 if far else 55  # near ones lie on each other: three windows are more than the image
    _, cut = windows([*places, *places], [0, 0, 0, 1, 1, 1], reach=reach)
    for row in (5, 0, 3, 1, 2, 4, 0):
        cut[row]
    assert len(reads) == 2


def test_a_square_sees_the_same_in_its_window_as_in_the_whole_image():
    """However it is augmented, in the middle and at the edge: centres, pixels and points."""
    options = {"scale": {"range": [0.7, 1.1]}, "shear": {"probability": 1.0, "largest": 20}}
    config = load_config({"project": "p", "data": ".", "videos": ".", "augment": options})["augment"]
    config = {**config, "translation": {"probability": 1.0, "largest": 0.05}}
    centres = np.float32([[150, 120], [8, 4], [297, 130.5], [151, 236]])
    frames = noise(*[(240, 300)] * 4)
    reach = images.window_reach(64, config)
    cut = images.Windows(images.Repeated(frames, np.arange(4)), 1.0, centres, reach)
    whole = images.ScaledImages(frames, 1.0)
    assert np.prod(cut.shape) < np.prod(whole.shape) / 2

    @jax.jit
    def shown(key, image, size, middle):
        matrix = affine.random_affine(key, middle[None, None], size, middle, crop=64, config=config)
        return geometry.warp(image, matrix, shape=(64, 64), size=size)

    for row, number in itertools.product(range(4), range(6)):
        seen = []
        for held in (cut, whole):
            image = np.zeros(held.shape, np.uint8)
            image[: held[row].shape[0], : held[row].shape[1]] = held[row]
            seen.append(shown(jax.random.key(number), image, held.sizes[row], centres[row] - held.corners[row]))
        np.testing.assert_allclose(*seen, atol=0.1)  # grey values


def test_the_reach_of_a_window_holds_the_corners_of_the_farthest_square():
    """Against brute force over angles, leans, magnifications and shifts."""
    crop, config = 100, load_config({"project": "p", "data": ".", "videos": "."})["augment"]
    shift = config["translation"]["largest"] * crop
    farthest = 0.0
    for angle in np.radians(np.linspace(-180, 180, 721)):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        lean = np.array([[1, np.tan(np.radians(config["shear"]["largest"]))], [0, 1]])
        corners = np.linalg.inv(turn @ lean) @ (np.array([[-1, 1, 1, -1], [-1, -1, 1, 1]]) * crop / 2)
        farthest = max(farthest, (np.abs(corners).max() + shift) / config["scale"]["range"][0])
    assert farthest + 1.5 < images.window_reach(crop, config) < 1.1 * farthest + 3
    still = {name: {**block, "probability": 0} for name, block in config.items() if name != "crop"}
    assert images.window_reach(crop, still) == 52
