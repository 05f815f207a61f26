"""The affine map: amounts fill their ranges, dots stay on their points, crops lie where they should."""

import json
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from marey.experiment.config import schema, with_defaults
from marey.pictures import geometry
from marey.training.augment.affine import random_affine

DEFAULTS = with_defaults({}, schema("config")["properties"]["augment"])
OFF = {
    name: {**options, "probability": 0} if "probability" in options else {"focus": 0}
    for name, options in DEFAULTS.items()
}
ALL = {
    "crop": {"focus": 0.8},
    "translation": {"largest": 0.25, "probability": 0.7},
    "rotation": {"largest": 180, "probability": 0.7},
    "scale": {"range": [0.7, 1.6], "probability": 0.7},
    "shear": {"largest": 30, "probability": 0.7},
    "flip_horizontal": {"probability": 0.5},
    "flip_vertical": {"probability": 0.5},
}
SIZE = (101, 80)


def drawn(config, points=((0.0, 0.0),), size=SIZE, middle=None):
    """500 matrices, f64[500, 2, 3], for at most four `points` (x, y) in a picture of (width, height) `size`."""
    some = np.full((1, 4, 2), np.nan, np.float32)
    some[0, : len(points)] = points
    return np.asarray(program(json.dumps(config))(some, np.float32(size), middle), float)


@cache
def program(config):
    """Calls with other points and sizes share it."""
    one = partial(random_affine, crop=64, config={**OFF, **json.loads(config)})
    keys = jax.random.split(jax.random.key(3), 500)
    many = jax.vmap(one, in_axes=(0, None, None, None))
    return jax.jit(partial(many, keys), compiler_options={"xla_backend_optimization_level": 0})  # it runs once or twice


def moved(matrices, points):
    """Points f64[..., 2] moved by f64[..., 2, 3]."""
    return np.einsum("...ij,...j->...i", matrices, np.append(points, np.ones((*np.shape(points)[:-1], 1)), axis=-1))


def undone(matrices, points):
    """Points f64[..., 2] moved back by f64[..., 2, 3]."""
    return np.linalg.solve(matrices[..., :2], (points - matrices[..., 2])[..., None])[..., 0]


def uniform(values, largest):
    """Mean 0 and variance a^2 / 3, within about four standard errors of 500 values."""
    assert np.abs(values).max() <= largest * 1.001
    assert abs(values.mean()) < 0.12 * largest
    assert abs(values.var() / largest**2 - 1 / 3) < 0.06


def test_rotation_scale_and_shear_stay_in_their_ranges_and_fill_them():
    linear = drawn(
        {
            "rotation": {"largest": 30, "probability": 1},
            "scale": {"range": [0.5, 2.0], "probability": 1},
            "shear": {"largest": 20, "probability": 1},
        }
    )[..., :2]
    # The x axis is not changed by the shear: it shows the rotation and the magnification.
    uniform(np.degrees(np.arctan2(linear[:, 1, 0], linear[:, 0, 0])), 30)
    magnification = np.hypot(linear[:, 0, 0], linear[:, 1, 0])
    uniform(np.log2(magnification), 1)
    dot = (linear[..., 0] * linear[..., 1]).sum(axis=-1)
    uniform(np.degrees(np.arctan(dot / magnification**2)), 20)


def test_each_happens_with_its_probability():
    linear = drawn({name: {**ALL[name], "probability": 0.3} for name in ALL if name != "crop"})[..., :2]
    first, second = linear[..., 0], linear[..., 1]
    happened = {
        "rotation": np.abs(first).min(axis=1) > 1e-5,  # the x axis, which the shear leaves, is oblique
        "scale": np.abs(np.hypot(*first.T) - 1) > 1e-5,
        "shear": np.abs((first * second).sum(axis=1)) > 1e-5,  # not a right angle
    }
    for changed in happened.values():
        assert abs(changed.mean() - 0.3) < 0.09
    assert abs((np.linalg.det(linear) < 0).mean() - 2 * 0.3 * 0.7) < 0.09  # either flip, not both


def test_translation_shifts_a_point_from_the_middle_of_its_crop():
    place, config = (150.0, 150.0), {"crop": {"focus": 1}, "translation": {"largest": 0.2, "probability": 1}}
    shift = moved(drawn(config, points=[place], size=(300, 300)), place) - 32
    for axis in (0, 1):
        uniform(shift[:, axis], 0.2 * 64 + 0.5)  # whole pixels


def test_a_given_middle_is_shifted_alone_and_wherever_it_lies():
    middle = np.array([3.0, 290.0])
    config = {"translation": {"largest": 0.2, "probability": 1}}
    shift = moved(drawn(config, points=[(150.0, 150.0)], size=(300, 300), middle=np.float32(middle)), middle) - 32
    for axis in (0, 1):
        uniform(shift[:, axis], 0.2 * 64 + 0.5)  # whole pixels


@settings(max_examples=60)
@given(st.integers(0, 2**31), st.floats(20, 80, width=32), st.floats(20, 60, width=32))
def test_a_dot_stays_on_its_point_and_a_focused_crop_holds_it(seed, x, y):
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    dot = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 2.5**2)).astype(np.float32)[..., None]
    matrix, picture = seen(np.uint32(seed), np.array([[[x, y]]], np.float32), dot)
    place = moved(np.asarray(matrix, float), [x, y])
    assert (place >= 0).all()
    assert (place <= 64).all()
    if (place > 16).all() and (place < 48).all():  # all of the dot is in the crop
        rows, columns = np.mgrid[:64, :64] + 0.5
        weight = np.asarray(picture)[..., 0] / np.asarray(picture).sum(dtype=float)
        assert_allclose([(columns * weight).sum(), (rows * weight).sum()], place, atol=0.06)


@jax.jit
def seen(seed, points, image):
    config = {**ALL, "crop": {"focus": 1}}
    matrix = random_affine(jax.random.key(seed), points, jnp.array(SIZE, jnp.float32), crop=64, config=config)
    return matrix, geometry.warp(image, matrix, shape=(64, 64))


def test_crops_are_as_dense_as_keypoints():
    crowd = [(100.0, 100.0)] * 3 + [(300.0, 300.0)]
    matrices = drawn({"crop": {"focus": 1}}, points=crowd, size=(400, 400))
    centre = undone(matrices, np.full(2, 32.0))
    assert abs((centre[:, 0] < 200).mean() - 0.75) < 0.08


def test_unfocused_crops_and_crops_without_points_stay_in_the_picture():
    size = (150, 80)
    for points, focus in ([(np.nan, np.nan)], 1.0), ([(5.0, 5.0)], 0.0):
        matrices = drawn({"crop": {"focus": focus}}, points=points, size=size)
        corners = undone(matrices[:, None], np.array([[0.0, 0.0], [64.0, 64.0]]))
        assert corners[:, 0].min() >= -1e-3
        assert (corners[:, 1] <= np.asarray(size) + 1e-3).all()
        assert_allclose(corners[:, 0].mean(axis=0), [43, 8], atol=6)
