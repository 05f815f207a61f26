"""Layers: what they compute, and that both of their forms do."""

import jax
import numpy as np
import pytest

from marey.networks import layers

from .references import compiled, random, same, value_and_gradients


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


def test_upsample_repeats_pixels():
    x = random(0, 2, 3, 4, 5)
    np.testing.assert_array_equal(layers.upsample(x), x.repeat(2, axis=1).repeat(2, axis=2))
