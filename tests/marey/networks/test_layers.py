import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.signal import correlate

from marey.networks import layers

SHAPES = [(8, 8), (7, 9), (5, 6), (17, 4)]
CASES = [(shape, kernel, stride) for shape in SHAPES for kernel in (3, 5) for stride in (1, 2)]


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


@pytest.mark.parametrize(("shape", "kernel", "stride"), CASES)
def test_depthwise_forms_agree_with_scipy_and_each_other(shape, kernel, stride):
    x, w = random(0, 2, *shape, 3), random(1, kernel, kernel, 1, 3)
    expected = np.stack(
        [np.stack([same(image[..., c], w[:, :, 0, c], stride) for c in range(3)], axis=-1) for image in x]
    )
    cotangent = jnp.asarray(random(2, *expected.shape))

    plain = value_and_gradients(lambda x, w: layers.convolve(x, w, stride=stride, groups=3), cotangent, x, w)
    quick = value_and_gradients(lambda x, w: layers.depthwise(x, w, stride), cotangent, x, w)
    np.testing.assert_allclose(quick[0], expected, atol=1e-5)
    for a, b in zip(plain, quick, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(b, a, atol=2e-4)


@pytest.mark.parametrize(("batch", "height"), [(1, 40), (6, 16), (8, 8), (5, 3), (2, 33)])
def test_kernel_gradient_is_right_for_every_way_to_cut_rows_into_blocks(batch, height):
    x, cotangent = random(0, batch, height, 6, 4), random(1, batch, height, 6, 4)
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    expected = [[(padded[:, i : i + height, j : j + 6] * cotangent).sum((0, 1, 2)) for j in range(3)] for i in range(3)]
    kernel = jnp.zeros((3, 3, 1, 4))
    found = jax.jit(jax.vjp(lambda w: layers.depthwise(x, w, 1), kernel)[1])(cotangent)[0]
    np.testing.assert_allclose(found[:, :, 0], np.array(expected), atol=1e-4)


def test_input_gradient_agrees_with_finite_differences():
    x, w, cotangent = random(0, 1, 6, 5, 2), random(1, 3, 3, 1, 2), random(2, 1, 3, 3, 2)
    gradient = jax.grad(lambda x: jnp.vdot(layers.depthwise(x, w, 2), cotangent))(x)
    for row, column, channel in [(0, 0, 0), (5, 4, 1), (2, 3, 0)]:
        step = np.zeros_like(x)
        step[0, row, column, channel] = 0.5  # the function is linear: no step is too large
        change = jnp.vdot(layers.depthwise(x + step, w, 2) - layers.depthwise(x - step, w, 2), cotangent)
        np.testing.assert_allclose(gradient[0, row, column, channel], change, atol=1e-5)


def test_depthwise_under_vmap_equals_a_loop():
    x, w = random(0, 3, 2, 8, 8, 4), random(1, 3, 3, 1, 4)

    @jax.jit
    def gradient(x):
        return jax.grad(lambda w: (layers.depthwise(x, w, 2) ** 2).sum())(w)

    expected = np.stack([gradient(one) for one in x])
    np.testing.assert_allclose(jax.vmap(gradient)(x), expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("stride", [1, 2])
def test_conv_is_a_correlation_summed_over_channels_plus_bias(stride):
    x = random(0, 1, 7, 8, 2)
    params = {"kernel": random(1, 3, 3, 2, 3), "bias": random(2, 3)}
    found = layers.Conv(3, stride=stride).apply({"params": params}, x)
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
    found = layer.apply({"params": {**params, "bias": np.zeros(2, np.float32)}}, x)
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
    x = jnp.asarray(random(0, 2, 6, 9, 4))
    quick, plain = pair(False), pair(True)
    params = quick.init(jax.random.key(0), x)
    assert jax.tree.map(jnp.shape, params) == jax.tree.map(jnp.shape, plain.init(jax.random.key(1), x))
    params = jax.tree.map(lambda leaf: leaf + 0.1, params)
    cotangent = jnp.asarray(random(3, *plain.apply(params, x).shape))
    a = value_and_gradients(plain.apply, cotangent, params, x)
    b = value_and_gradients(quick.apply, cotangent, params, x)
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
