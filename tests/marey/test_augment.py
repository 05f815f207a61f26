"""Picture and keypoints move together, zeros change nothing, and each operation does what Pillow and SciPy do."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image, ImageEnhance
from scipy import ndimage

from marey import augment, decode, geometry, targets

OFF = {"rotation": 0, "scale": [1, 1], "focus": 0, "flip": 0, **dict.fromkeys(augment.PHOTOMETRIC, 0)}
MOVING = {**OFF, "rotation": 180, "scale": [0.7, 1.6], "focus": 1, "flip": 0.5}
COLOURS = {"brightness": 0.15, "contrast": 0.3, "gamma": 0.3, "noise": 0.05, "blur": 1.0, "cutout": 0.2}
MIRRORED = (1, 0, 2)


@pytest.fixture
def image():
    return np.random.default_rng(0).uniform(size=(40, 52, 3)).astype(np.float32)


def batch(size=(121, 90), padded=(96, 128), count=8):
    """Pictures u8[count, *padded, 3] of (width, height) `size` with a dot each, and points f32[count, 1, 3, 2].

    Keypoint 0 lies on the dot, 1 is missing, 2 lies in a corner.
    """
    rng = np.random.default_rng(1)
    places = rng.uniform([20, 20], np.array(size) - 20, (count, 2)).astype(np.float32)
    rows, columns = np.mgrid[: size[1], : size[0]] + 0.5
    distance = (columns - places[:, :1, None]) ** 2 + (rows - places[:, 1:, None]) ** 2
    images = np.zeros((count, *padded, 3), np.uint8)
    images[:, : size[1], : size[0]] = (255 * np.exp(-distance / (2 * 2.5**2))).round()[..., None]
    points = np.full((count, 1, 3, 2), np.nan, np.float32)
    points[:, 0, 0], points[:, 0, 2] = places, 1.0
    return images, points, np.tile(np.float32(size), (count, 1))


def eager(key, *arrays, config, crop=64, **options):
    return augment.augment(key, *arrays, crop=crop, config=config, mirrored=MIRRORED, **options)


def run(arrays, config, seed=0, **options):
    return jax.jit(partial(eager, config=config, **options))(jax.random.key(seed), *arrays)


@partial(jax.jit, static_argnames="stride")
def decoded(points, *, stride):
    """Points f32[B, 1, K, 2] of 96 x 96 px pictures, by way of the targets that they make."""
    options = {"shape": (96 // stride, 96 // stride), "stride": stride}
    present = jnp.isfinite(points).all(axis=-1)
    offset, _ = targets.offsets(points, present, radius=12.0, **options)
    return decode.peaks(targets.heatmaps(points, present, sigma=6.0, **options), offset, stride=stride, candidates=1)[0]


@pytest.mark.parametrize("size", [(121, 90), (120, 91)])
def test_the_dot_moves_with_its_keypoint_and_is_decoded_there(size):
    images, points = run(batch(size), MOVING, crop=96)
    found = [np.asarray(decoded(points, stride=stride)) for stride in (4, 8)]
    rows, columns = np.mgrid[:96, :96] + 0.5
    tried = set()
    for index, picture in enumerate(np.asarray(images)):
        keypoint = 0 if np.isnan(points[index, 0, 1]).all() else 1  # the mirror image of keypoint 0 is keypoint 1
        weight = picture[..., 0] / picture[..., 0].sum(dtype=float)
        place = np.array([(columns * weight).sum(), (rows * weight).sum()])
        if (place > 12).all() and (place < 84).all():  # all of the dot is in the crop
            for position in (points, *found):
                assert_allclose(position[index, 0, keypoint], place, atol=0.1)
            tried.add(keypoint)
    assert tried == {0, 1}  # dots were seen, with and without a flip


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_zeros_change_nothing(dtype):
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (2, 64, 64, 3), np.uint8)
    unit = images.astype(np.float32) / 255
    points = rng.uniform(0, 64, (2, 2, 3, 2)).astype(np.float32)
    arrays = (images if dtype == np.uint8 else unit, points, np.full((2, 2), 64, np.float32))
    pictures, moved = run(arrays, OFF)
    if dtype == np.uint8:
        assert_allclose(pictures, unit, rtol=2e-7)
    else:
        assert_array_equal(pictures, unit)
    assert_array_equal(moved, points)


def test_unturned_crops_copy_pixels():
    images, points, sizes = batch()
    pictures, moved = run((images, points, sizes), {**OFF, "focus": 0.5})
    shift = np.asarray(moved - points)[:, 0, 0]
    assert_allclose(shift, shift.round(), atol=1e-4)
    for picture, image, (x, y) in zip(np.asarray(pictures), images, shift.round().astype(int), strict=True):
        rows, columns = np.clip(np.arange(64) - y, 0, 89), np.clip(np.arange(64) - x, 0, 120)  # the edge repeats
        assert_allclose(picture, image[np.ix_(rows, columns)] / 255, atol=1e-6)
    assert len({tuple(row) for row in shift}) > 4


def test_flip_exchanges_sides_and_their_visibility():
    images, points, sizes = batch()
    visibility = np.broadcast_to(np.int8([0, 3, 1]), (8, 1, 3))
    plain = run((images, points, sizes), {**MOVING, "flip": 0.0})[1]
    _, mirrored, codes = run((images, points, sizes), {**MOVING, "flip": 1.0}, visibility=visibility)
    assert_array_equal(codes, np.broadcast_to([3, 0, 1], (8, 1, 3)))
    expected = np.asarray(plain)[:, :, list(MIRRORED)]
    expected[..., 0] = 64 - expected[..., 0]
    assert_allclose(mirrored, expected, atol=1e-3)


def test_rotation_and_scale_stay_in_their_ranges_and_fill_them():
    keys = jax.random.split(jax.random.key(3), 500)
    config = {**OFF, "rotation": 30, "scale": [0.5, 2.0]}
    point, size = jnp.zeros((1, 1, 2)), jnp.array([100.0, 80.0])
    matrices = jax.jit(jax.vmap(lambda key: augment.random_affine(key, point, size, crop=64, config=config)))(keys)
    linear = np.asarray(matrices)[..., :2]
    magnification = np.log2(np.sqrt(np.linalg.det(linear)))
    angle = np.degrees(np.arctan2(linear[:, 1, 0], linear[:, 0, 0]))
    for value, largest in ((magnification, 1), (angle, 30)):
        assert np.abs(value).max() <= largest * 1.001
        # Uniform: mean 0 and variance a^2 / 3, within about four standard errors.
        assert abs(value.mean()) < 0.12 * largest
        assert abs(value.var() / largest**2 - 1 / 3) < 0.06


def test_a_focused_crop_holds_a_point_however_it_turns():
    images, points, sizes = batch(count=64)
    points[::2, 0, 2] = (-300, 40)  # outside the picture: never the centre
    _, moved = run((images, points, sizes), MOVING)
    inside = ((np.asarray(moved) >= 0) & (np.asarray(moved) <= 64)).all(axis=-1)
    assert inside.any(axis=(1, 2)).all()


def test_unfocused_crops_and_crops_without_points_stay_in_the_picture():
    size = jnp.array([150.0, 80.0])

    def corners(key, points, focus):
        matrix = augment.random_affine(key, points, size, crop=64, config={**OFF, "focus": focus})
        return geometry.transform_points(geometry.invert(matrix), jnp.array([[0.0, 0.0], [64.0, 64.0]]))

    keys = jax.random.split(jax.random.key(4), 200)
    for points, focus in ((jnp.full((1, 2, 2), jnp.nan), 1.0), (jnp.full((1, 2, 2), 5.0), 0.0)):
        seen = np.asarray(jax.jit(jax.vmap(partial(corners, points=points, focus=focus)))(keys))
        assert seen[:, 0].min() >= -1e-3
        assert (seen[:, 1] <= np.asarray(size) + 1e-3).all()
        assert_allclose(seen[:, 0].mean(axis=0), [43, 8], atol=6)


def test_a_picture_smaller_than_the_crop_stays_whole():
    arrays = batch(size=(50, 40), padded=(40, 50))
    pictures, moved = run(arrays, OFF)
    corner = np.asarray(moved - arrays[1])[:, 0, 0]
    assert (corner >= 0).all()
    assert (corner <= [14, 24]).all()
    assert pictures.shape == (8, 64, 64, 3)


def test_examples_do_not_depend_on_their_batch():
    arrays = batch()
    config = {**MOVING, "noise": 0.05, "cutout": 0.2}
    whole = run(arrays, config)
    part = run([array[:3] for array in arrays], config)
    assert_allclose(part[0], whole[0][:3], atol=1e-5)
    assert_allclose(part[1], whole[1][:3], atol=1e-4)
    other = run([array[:3] for array in arrays], config, seed=1)
    assert np.abs(np.asarray(other[0] - part[0])).max() > 0.1


def test_eager_jit_and_vmap_agree():
    arrays = batch(count=2)
    config = {**MOVING, **COLOURS}
    result = eager(jax.random.key(0), *arrays, config=config)
    mapped = jax.jit(jax.vmap(lambda *arrays: run(arrays, config)))(*(np.stack([array, array]) for array in arrays))
    for expected, one, two in zip(result, run(arrays, config), mapped, strict=True):
        assert_allclose(one, expected, atol=1e-3)
        assert_allclose(two[1], expected, atol=1e-3)
    assert result[0].dtype == jnp.float32
    assert result[0].min() >= 0
    assert result[0].max() <= 1


def test_blur_is_scipys(image):
    for sigma in (0.4, 1.0):
        expected = ndimage.gaussian_filter(image.astype(float), (sigma, sigma, 0), mode="nearest", radius=(3, 3, 0))
        assert_allclose(augment.blur(jnp.asarray(image), jnp.float32(sigma), radius=3), expected, atol=1e-5)
    assert_array_equal(augment.blur(jnp.asarray(image), jnp.float32(0), radius=3), image)


def test_contrast_and_brightness_are_pillows():
    grey = np.random.default_rng(5).integers(60, 190, (40, 52), np.uint8)
    unit = jnp.asarray(grey[..., None].repeat(3, axis=-1) / 255, jnp.float32)
    expected = np.asarray(ImageEnhance.Contrast(Image.fromarray(grey)).enhance(1.3)) / 255
    assert_allclose(augment.contrast(unit, 1.3)[..., 0], expected, atol=1.5 / 255)  # Pillow rounds twice
    expected = np.asarray(Image.fromarray(grey).point(lambda value: value + 51)) / 255
    assert_allclose(augment.brightness(unit, 0.2)[..., 1], expected, atol=1e-6)
    assert_array_equal(augment.contrast(unit, 1.0), unit)


def test_gamma_is_a_power_and_never_nan():
    values = jnp.array([[[-0.2, 0.0, 0.25, 1.0, 1.3]]])
    assert_allclose(augment.gamma(values, 0.5), [[[0, 0, 0.5, 1, 1]]], atol=1e-6)


def test_cutout_erases_one_square(image):
    result = np.asarray(augment.cutout(jnp.asarray(image), jnp.array([20.0, 11.0]), 8.0))
    expected = image.copy()
    expected[7:15, 16:24] = image.mean()
    assert_allclose(result, expected, atol=1e-6)


def test_random_operations_stay_in_their_ranges(image):
    grey = jnp.full((48, 48, 3), 0.5).at[:24].set(0.3)
    keys = jax.random.split(jax.random.key(6), 200)
    drawn = {
        name: np.asarray(jax.jit(jax.vmap(lambda key, op=op, name=name: op(key, grey, largest=COLOURS[name])))(keys))
        for name, op in augment.PHOTOMETRIC.items()
    }
    change = (drawn["brightness"] - grey)[:, 0, 0, 0]
    assert 0.13 < np.abs(change).max() <= 0.1501
    factor = (drawn["contrast"][:, 40, 0, 0] - drawn["contrast"][:, 0, 0, 0]) / 0.2
    assert (factor.min() >= 0.699, factor.max() <= 1.301, np.ptp(factor) > 0.5) == (True,) * 3
    exponent = np.log2(np.log(drawn["gamma"][:, 0, 0, 0]) / np.log(0.3))
    assert 0.27 < np.abs(exponent).max() <= 0.3001
    deviation = (drawn["noise"] - grey).std(axis=(1, 2, 3))
    assert 0.04 < deviation.max() < 0.055
    assert_array_equal(drawn["noise"][..., 0], drawn["noise"][..., 2])  # grey stays grey
    erased = (np.abs(drawn["cutout"] - 0.4) < 1e-3).all(axis=-1).sum(axis=(1, 2))
    assert erased.max() <= 10**2  # 0.2 * 48 = 9.6 px cover at most 10 pixel centres
    assert 70 < (erased == 0).sum() < 140  # about half of the pictures, and the squares too small for a pixel
    slope = np.abs(np.diff(drawn["blur"][:, :, 0, 0], axis=1)).max(axis=1)
    assert slope.max() > 0.19 > 0.1 > slope.min()
