"""Layers against SciPy, NumPy and each other.

XLA compiles for far longer than these layers run: all cases of a test are one program, and none is optimised.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.signal import correlate

from marey.networks import layers

SHAPES = [(22, 8), (37, 9), (5, 6), (17, 4)]  # whose rows are added up in small blocks, which compile quickly
CASES = [(shape, kernel, stride) for shape in SHAPES for kernel in (3, 5) for stride in (1, 2)]

compiled = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})  # each program runs once


def same(image: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """One channel, TensorFlow 'SAME': an independent reference through scipy's full correlation."""
    size = kernel.shape[0]
    padding = []
    for n in image.shape:
        out = -(-n // stride)
        total = max((out - 1) * stride + size - n, 0)
        padding.append((total // 2, total - total // 2))
    return correlate(np.pad(image, padding), kernel, mode="valid")[::stride, ::stride]


def random(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def value_and_gradients(function, cotangent, *arguments):
    value, pull = jax.vjp(function, *arguments)
    return value, *pull(cotangent)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "expected"),
    [(8, 3, 2, (0, 1)), (7, 3, 2, (1, 1)), (8, 5, 2, (1, 2)), (8, 3, 1, (1, 1)), (6, 1, 2, (0, 0)), (6, 1, 1, (0, 0))],
)
def test_same_padding_follows_tensorflow(size, kernel, stride, expected):
    assert layers.same_padding(size, kernel, stride) == expected


def depthwise_case(shape: tuple[int, int], kernel: int, stride: int) -> tuple[np.ndarray, ...]:
    """Input, kernel and cotangent."""
    output = [-(-side // stride) for side in shape]
    return random(0, 2, *shape, 3), random(1, kernel, kernel, 1, 3), random(2, 2, *output, 3)


@pytest.fixture(scope="module")
def depthwise_forms():
    """Value and gradients of every case in both forms, (plain, quick)."""

    def forms(arguments):
        found = {}
        for (shape, kernel, stride), (x, w, cotangent) in arguments.items():
            plain = value_and_gradients(partial(layers.convolve, stride=stride, groups=3), cotangent, x, w)
            quick = value_and_gradients(lambda x, w, stride=stride: layers.depthwise(x, w, stride), cotangent, x, w)
            found[shape, kernel, stride] = plain, quick
        return found

    return compiled(forms)({case: depthwise_case(*case) for case in CASES})


@pytest.mark.parametrize(("shape", "kernel", "stride"), CASES)
def test_depthwise_forms_agree_with_scipy_and_each_other(shape, kernel, stride, depthwise_forms):
    x, w, _ = depthwise_case(shape, kernel, stride)
    expected = np.stack(
        [np.stack([same(image[..., c], w[:, :, 0, c], stride) for c in range(3)], axis=-1) for image in x]
    )
    plain, quick = depthwise_forms[shape, kernel, stride]
    np.testing.assert_allclose(quick[0], expected, atol=1e-5)
    for a, b in zip(plain, quick, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(b, a, atol=2e-4)


def test_kernel_gradient_is_right_for_every_way_to_cut_rows_into_blocks():
    shapes = [(1, 40), (6, 16), (8, 8), (5, 3), (2, 33)]
    cases = [(random(0, *shape, 6, 4), random(1, *shape, 6, 4)) for shape in shapes]
    kernel = jnp.zeros((3, 3, 1, 4))

    @compiled
    def gradients(cases):
        return [jax.vjp(lambda w, x=x: layers.depthwise(x, w, 1), kernel)[1](cotangent)[0] for x, cotangent in cases]

    for (batch, height), (x, cotangent), found in zip(shapes, cases, gradients(cases), strict=True):
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        parts = [[padded[:, i : i + height, j : j + 6] * cotangent for j in range(3)] for i in range(3)]
        expected = np.array(parts).sum(axis=(2, 3, 4))
        np.testing.assert_allclose(found[:, :, 0], expected, atol=1e-4, err_msg=f"{batch} of height {height}")


def test_input_gradient_agrees_with_finite_differences():
    x, w, cotangent = random(0, 1, 6, 5, 2), random(1, 3, 3, 1, 2), random(2, 1, 3, 3, 2)

    def function(x):
        return jnp.vdot(layers.depthwise(x, w, 2), cotangent)

    gradient, value = compiled(jax.grad(function))(x), compiled(function)
    for row, column, channel in [(0, 0, 0), (5, 4, 1), (2, 3, 0)]:
        step = np.zeros_like(x)
        step[0, row, column, channel] = 0.5  # the function is linear: no step is too large
        change = value(x + step) - value(x - step)
        np.testing.assert_allclose(gradient[0, row, column, channel], change, atol=1e-5)


def test_depthwise_under_vmap_equals_a_loop():
    x, w = random(0, 3, 2, 8, 8, 4), random(1, 3, 3, 1, 4)

    def gradient(x):
        return jax.grad(lambda w: (layers.depthwise(x, w, 2) ** 2).sum())(w)

    alone = compiled(gradient)
    expected = np.stack([alone(one) for one in x])
    np.testing.assert_allclose(compiled(jax.vmap(gradient))(x), expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("stride", [1, 2])
def test_conv_is_a_correlation_summed_over_channels_plus_bias(stride):
    x = random(0, 1, 7, 8, 2)
    params = {"kernel": random(1, 3, 3, 2, 3), "bias": random(2, 3)}
    found = jax.jit(layers.Conv(3, stride=stride).apply)({"params": params}, x)
    expected = [
        sum(same(x[0, ..., c], params["kernel"][:, :, c, o], stride) for c in range(2)) + params["bias"][o]
        for o in range(3)
    ]
    np.testing.assert_allclose(found[0], np.stack(expected, axis=-1), atol=1e-5)


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv(2, 7, 2, symmetric=True),
        layers.Depthwise(3, 2, plain=True, symmetric=True),
        layers.Depthwise(5, 2, symmetric=True),
        layers.Depthwise(3, 1, symmetric=True),
    ],
)
def test_symmetric_windows_are_centred_on_every_stride_th_pixel(layer):
    """An impulse shows where each window starts: output i sees inputs from stride * i - kernel // 2 on."""
    x = np.zeros((1, 8, 12, 2), np.float32)
    x[0, 4, 7, 0] = 1
    params = {"kernel": random(0, layer.kernel, layer.kernel, 2 if isinstance(layer, layers.Conv) else 1, 2)}
    found = jax.jit(layer.apply)({"params": {**params, "bias": np.zeros(2, np.float32)}}, x)
    height, width = 8 // layer.stride, 12 // layer.stride
    assert found.shape == (1, height, width, 2)
    expected = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            row, column = 4 - layer.stride * i + layer.kernel // 2, 7 - layer.stride * j + layer.kernel // 2
            if 0 <= row < layer.kernel and 0 <= column < layer.kernel:
                expected[i, j] = params["kernel"][row, column, 0, 0]
    np.testing.assert_allclose(found[0, :, :, 0], expected, atol=1e-6)


@pytest.mark.parametrize(
    "pair",
    [
        lambda plain: layers.Pointwise(5, plain),
        lambda plain: layers.Depthwise(5, 2, plain),
        lambda plain: layers.Depthwise(3, 1, plain),
    ],
)
def test_both_forms_of_a_module_share_parameters_values_and_gradients(pair):
    x = random(0, 2, 6, 9, 4)
    quick, plain = pair(False), pair(True)
    shapes = [
        jax.tree.map(lambda leaf: leaf.shape, jax.eval_shape(form.init, jax.random.key(0), x))
        for form in (quick, plain)
    ]
    assert shapes[0] == shapes[1]

    @compiled
    def both(key):
        params = jax.tree.map(lambda leaf: leaf + 0.1, quick.init(key, x))
        cotangent = random(3, *jax.eval_shape(plain.apply, params, x).shape)
        return [value_and_gradients(form.apply, cotangent, params, x) for form in (plain, quick)]

    a, b = both(jax.random.key(0))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(b, a, atol=1e-4), a, b)


def test_pointwise_is_a_matrix_product_per_pixel():
    x, params = random(0, 1, 2, 3, 4), {"kernel": random(1, 1, 1, 4, 5), "bias": random(2, 5)}
    expected = np.tensordot(x, params["kernel"][0, 0], 1) + params["bias"]
    np.testing.assert_allclose(layers.Pointwise(5).apply({"params": params}, x), expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(8, 32, 64), (8, 32, 40), (3, 57, 61), (1, 4, 4)])
def test_pointwise_gradients_are_right_in_one_block_and_in_many(shape):
    x, w, cotangent = random(0, *shape, 3), random(1, 3, 5), random(2, *shape, 5)
    found = jax.jit(lambda x, w: jax.vjp(layers.pointwise, x, w)[1](cotangent))(x, w)
    np.testing.assert_allclose(found[0], cotangent @ w.T, atol=1e-5)
    np.testing.assert_allclose(found[1], np.einsum("bhwc,bhwo->co", x, cotangent, dtype=np.float64), atol=2e-3)


def test_upsample_repeats_pixels():
    x = random(0, 2, 3, 4, 5)
    np.testing.assert_array_equal(layers.upsample(x), x.repeat(2, axis=1).repeat(2, axis=2))


def test_the_quick_form_takes_grouped_convolutions_off_the_cpu():
    step = jax.jit(lambda x, w: layers.depthwise(x, w, 1))
    arguments = jnp.zeros((1, 8, 8, 4)), jnp.zeros((3, 3, 1, 4))
    assert "convolution" not in step.trace(*arguments).lower(lowering_platforms=("cpu",)).as_text()
    assert "feature_group_count = 4" in step.trace(*arguments).lower(lowering_platforms=("cuda",)).as_text()
