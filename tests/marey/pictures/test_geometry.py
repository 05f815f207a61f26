"""Affine maps against homogeneous matrices and SciPy, scaling against Pillow's corners and there-and-back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from scipy import ndimage

from marey.pictures import geometry

# One program each, not one for every operation inside, which would be compiled one by one.
compose, invert, transform_points, translation, scaling, rotation, shear = map(
    jax.jit,
    (
        geometry.compose,
        geometry.invert,
        geometry.transform_points,
        geometry.translation,
        geometry.scaling,
        geometry.rotation,
        geometry.shear,
    ),
)
warp = jax.jit(geometry.warp, static_argnames=("shape", "fill"))

numbers = st.floats(-300, 300, width=32)
maps = st.one_of(
    st.tuples(numbers, numbers).map(lambda offset: translation(np.array(offset))),
    st.floats(-7, 7, width=32).map(rotation),
    st.tuples(st.floats(0.25, 4, width=32), st.floats(-4, -0.25, width=32)).map(lambda f: scaling(np.array(f))),
    st.tuples(st.floats(-0.5, 0.5, width=32), st.floats(-0.5, 0.5, width=32)).map(lambda f: shear(np.array(f))),
)
points = st.lists(st.tuples(numbers, numbers), min_size=3, max_size=3).map(lambda xy: np.array(xy, np.float32))
few = settings(max_examples=40, deadline=None)


def homogeneous(matrix):
    return np.vstack([np.asarray(matrix, np.float64), [0, 0, 1]])


def turned(angle, scale, offset):
    """A rotation about the corner, a scaling and a shift, in plain trigonometry."""
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[cos, -sin, offset[0]], [sin, cos, offset[1]]], np.float32)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: translation(np.array([2.0, -1.0])), [[1, 0, 2], [0, 1, -1]]),
        (lambda: scaling(np.array([2.0, -3.0])), [[2, 0, 0], [0, -3, 0]]),
        (lambda: rotation(np.pi / 2), [[0, -1, 0], [1, 0, 0]]),
        (lambda: shear(np.array([0.5, 0.25])), [[1, 0.5, 0], [0.25, 1, 0]]),
    ],
)
def test_elementary_maps(make, expected):
    matrix = make()
    assert matrix.dtype == jnp.float32
    assert_allclose(matrix, expected, atol=1e-6)


@few
@given(maps, maps, maps)
def test_compose_is_the_matrix_product_first_map_rightmost(first, second, third):
    expected = homogeneous(third) @ homogeneous(second) @ homogeneous(first)
    result = compose(first, second, third)
    assert_allclose(homogeneous(result), expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@few
@given(maps, maps, points)
def test_composed_map_moves_points_as_its_parts_in_turn(first, second, xy):
    in_turn = transform_points(second, transform_points(first, xy))
    assert_allclose(transform_points(compose(first, second), xy), in_turn, rtol=1e-4, atol=5e-3)


@few
@given(maps, maps, points)
def test_inverse_brings_points_back(first, second, xy):
    matrix = compose(first, second)
    there = transform_points(matrix, xy)
    assert_allclose(transform_points(invert(matrix), there), xy, atol=5e-3)
    assert bool(geometry.mirrors(matrix)) == (np.linalg.det(np.asarray(matrix)[:, :2]) < 0)


def test_missing_points_stay_missing_and_leave_the_others_alone():
    moved = transform_points(rotation(0.3), np.array([[np.nan, np.nan], [1.0, 0.0]], np.float32))
    assert_array_equal(np.isnan(moved), [[True, True], [False, False]])
    assert_allclose(moved[1], [np.cos(0.3), np.sin(0.3)], rtol=1e-6)


@pytest.mark.parametrize(("fill", "mode"), [(None, "nearest"), (0.25, "grid-constant")])
@pytest.mark.parametrize("shape", [(33, 47), (20, 16)])
def test_warp_agrees_with_scipy(fill, mode, shape):
    image = np.random.default_rng(0).uniform(size=(31, 44, 3)).astype(np.float32)
    matrix = turned(0.7, 1.1, (9.3, -4.2))
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    inverse = np.linalg.inv(homogeneous(matrix))
    x, y, _ = np.tensordot(inverse, np.stack([columns, rows, np.ones_like(rows)]), axes=1)
    expected = [
        ndimage.map_coordinates(image[..., c].astype(float), [y - 0.5, x - 0.5], order=1, mode=mode, cval=fill or 0)
        for c in range(3)
    ]
    result = warp(image, matrix, shape=shape, fill=fill)
    assert result.dtype == jnp.float32
    assert_allclose(result, np.stack(expected, axis=-1), atol=2e-4)


def test_warp_by_whole_pixels_copies():
    image = np.random.default_rng(1).integers(0, 256, (9, 12, 3), np.uint8)
    result = warp(image, translation(np.array([-3.0, -2.0])), shape=(5, 6))
    assert_array_equal(result, image[2:7, 3:9])


def test_warp_never_sees_the_padding():
    padded = np.full((10, 14, 1), 99, np.float32)
    padded[:6, :9] = 1
    size = np.array([8.9999995, 6.0], np.float32)  # 9 pixels after a product in single precision
    result = warp(padded, turned(0.4, 0.8, (2, 3)), shape=(20, 20), size=size)
    assert_allclose(result, 1, atol=1e-6)
    assert warp(padded, scaling(np.ones(2)), shape=(6, 9), fill=0, size=size).min() == 1


@pytest.mark.parametrize("size", [(41, 30), (40, 31)])
@pytest.mark.parametrize("magnification", [0.8, 1.0, 1.9])
def test_a_dot_moves_with_its_point(size, magnification):
    width, height = size
    place = np.array([18.3, 14.8])
    matrix = turned(2.1, magnification, (55, 40))
    warped = np.asarray(warp(dot(place, width, height), matrix, shape=(80, 90)))[..., 0]
    assert_allclose(centroid(warped), homogeneous(matrix)[:2] @ [*place, 1], atol=0.02)


def test_eager_jit_and_vmap_agree():
    rng = np.random.default_rng(2)
    images = jnp.asarray(rng.uniform(size=(3, 16, 20, 3)), jnp.float32)
    matrices = jnp.asarray([turned(a, 1.0, (5, 5)) for a in (0.1, 1.0, -2.0)])

    def warp_thrice(image, matrix):
        return geometry.warp(image, geometry.compose(matrix, geometry.invert(matrix), matrix), shape=(12, 12))

    eager = np.stack([warp_thrice(*pair) for pair in zip(images, matrices, strict=True)])
    assert_allclose(jax.jit(jax.vmap(warp_thrice))(images, matrices), eager, atol=2e-5)
    inverse = jax.jit(jax.vmap(geometry.invert))(matrices)
    assert_allclose(geometry.invert(matrices), inverse, atol=1e-6)


@pytest.mark.parametrize("scale", [0.37, 0.5, 1.0, 1.7])
@pytest.mark.parametrize("size", [(641, 479), (640, 480), (33, 97), (1, 1)])
def test_scaling_there_and_back(scale, size):
    xy = np.random.default_rng(3).uniform(0, size, (50, 2))
    there = geometry.to_network(xy, *size, scale=scale)
    assert_allclose(geometry.to_video(there, *size, scale=scale), xy, atol=1e-9)
    corner = geometry.to_network(np.array(size, float), *size, scale=scale)
    assert_allclose(corner, np.round(corner), atol=1e-9)  # the far corner lands on whole pixels
    padded = np.array(geometry.input_size(*size, scale=scale))
    assert (padded % 32 == 0).all()
    assert (padded - corner >= -1e-9).all()
    assert (padded - corner < 32).all()
    assert geometry.to_network(xy.astype(np.float32), *size, scale=scale).dtype == np.float32


@pytest.mark.parametrize("scale", [0.37, 0.5, 1.0, 1.7])
@pytest.mark.parametrize("size", [(161, 119), (160, 120)])
def test_a_dot_survives_resizing(scale, size):
    place = np.array([60.3, 81.7])
    image = (255 * dot(place, *size, sigma=5.0)).round().astype(np.uint8).repeat(3, axis=-1)
    resized = geometry.resize(image, scale=scale)
    assert resized.dtype == np.uint8
    assert resized.shape == (*geometry.input_size(*size, scale=scale)[::-1], 3)
    assert_allclose(geometry.to_video(centroid(resized[..., 0]), *size, scale=scale), place, atol=0.1)


def test_scale_one_only_pads_with_the_edge():
    image = np.random.default_rng(4).integers(0, 256, (30, 45, 3), np.uint8)
    resized = geometry.resize(image, scale=1.0)
    assert resized.shape == (32, 64, 3)
    assert_array_equal(resized[:30, :45], image)
    assert_array_equal(resized[:30, 50], image[:, -1])
    assert_array_equal(resized[31, :45], image[-1])
    assert_array_equal(geometry.resize(image, scale=1.0, multiple=15), image)


def dot(place, width, height, sigma=2.0):
    """A Gaussian dot f32[height, width, 1] about (x, y), pixel centres at integers + 0.5."""
    rows, columns = np.mgrid[:height, :width] + 0.5
    dot = np.exp(-((columns - place[0]) ** 2 + (rows - place[1]) ** 2) / (2 * sigma**2))
    return dot[..., None].astype(np.float32)


def centroid(image):
    """The centre of the intensity of [height, width], (x, y)."""
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    weight = image / image.sum(dtype=float)
    return np.array([(columns * weight).sum(), (rows * weight).sum()])


@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize(
    "corner", [(-20, -7), (30, -64), (100, 90), (-10, 60), (-96, 5), (-300, -97), (216, 20), (30, 900), (500, -200)]
)
def test_a_window_beyond_the_picture_repeats_its_edge(scale, corner):
    image = np.random.default_rng(0).integers(0, 255, (9, 12, 3), dtype=np.uint8).repeat(12, axis=0).repeat(12, axis=1)
    whole = geometry.resize(image, scale=scale, multiple=1)
    found = geometry.resized_window(image, corner, 96, scale=scale)
    rows, columns = (
        np.clip(np.arange(start, start + 96), 0, size - 1)
        for start, size in zip(corner[::-1], whole.shape[:2], strict=True)
    )
    difference = np.abs(found.astype(int) - whole[rows[:, None], columns])
    assert difference[2:-2, 2:-2].max() <= 2  # rounding, in two steps


@pytest.mark.parametrize("scale", [1.0, 1.5, 0.6, 1.37])
@pytest.mark.parametrize("corner", [(0, 0), (32, 64), (64, 32)])
def test_a_window_is_a_part_of_the_scaled_picture(scale, corner):
    noise = np.random.default_rng(0).uniform(0, 255, (12, 16, 3))
    image = np.asarray(Image.fromarray(noise.astype(np.uint8)).resize((161, 118), Image.Resampling.BICUBIC))
    whole = geometry.resize(image, scale=scale)
    side = 96 if scale > 0.8 else 32
    corner = tuple(min(place, size - side) for place, size in zip(corner, whole.shape[1::-1], strict=True))
    found = geometry.resized_window(image, corner, side, scale=scale)
    expected = whole[corner[1] : corner[1] + side, corner[0] : corner[0] + side]
    assert found.shape == expected.shape == (side, side, 3)
    difference = np.abs(found.astype(int) - expected)
    assert difference[2:-2, 2:-2].max() <= 2  # rounding, in two steps
    assert difference.max() <= 12  # at the sides
