"""Convolutions against SciPy, NumPy and each other.

XLA compiles for far longer than these run: all cases of a test are one program, and none is optimised.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from marey.networks import convolutions

from .references import compiled, random, same, value_and_gradients

SHAPES = [(22, 8), (37, 9), (5, 6), (17, 4)]  # whose rows are added up in small blocks, which compile quickly
CASES = [(shape, kernel, stride) for shape in SHAPES for kernel in (3, 5) for stride in (1, 2)]


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "expected"),
    [(8, 3, 2, (0, 1)), (7, 3, 2, (1, 1)), (8, 5, 2, (1, 2)), (8, 3, 1, (1, 1)), (6, 1, 2, (0, 0)), (6, 1, 1, (0, 0))],
)
def test_same_padding_follows_tensorflow(size, kernel, stride, expected):
    assert convolutions.same_padding(size, kernel, stride) == expected


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
            plain = value_and_gradients(partial(convolutions.convolve, stride=stride, groups=3), cotangent, x, w)
            quick = value_and_gradients(
                lambda x, w, stride=stride: convolutions.depthwise(x, w, stride), cotangent, x, w
            )
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
        return [
            jax.vjp(lambda w, x=x: convolutions.depthwise(x, w, 1), kernel)[1](cotangent)[0] for x, cotangent in cases
        ]

    for (batch, height), (x, cotangent), found in zip(shapes, cases, gradients(cases), strict=True):
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        parts = [[padded[:, i : i + height, j : j + 6] * cotangent for j in range(3)] for i in range(3)]
        expected = np.array(parts).sum(axis=(2, 3, 4))
        np.testing.assert_allclose(found[:, :, 0], expected, atol=1e-4, err_msg=f"{batch} of height {height}")


def test_depthwise_under_vmap_equals_a_loop():
    x, w = random(0, 3, 2, 8, 8, 4), random(1, 3, 3, 1, 4)

    def gradient(x):
        return jax.grad(lambda w: (convolutions.depthwise(x, w, 2) ** 2).sum())(w)

    alone = compiled(gradient)
    expected = np.stack([alone(one) for one in x])
    np.testing.assert_allclose(compiled(jax.vmap(gradient))(x), expected, rtol=1e-4, atol=1e-3)


POINTWISE = [(8, 32, 64), (8, 32, 40), (3, 57, 61), (1, 4, 4)]  # of many blocks, and of one


@pytest.fixture(scope="module")
def pointwise_gradients():
    """Input, kernel, cotangent and gradients of every shape."""
    cases = [(random(0, *shape, 3), random(1, 3, 5), random(2, *shape, 5)) for shape in POINTWISE]

    @compiled
    def gradients(cases):
        return [jax.vjp(convolutions.pointwise, x, w)[1](cotangent) for x, w, cotangent in cases]

    return {shape: (*case, *found) for shape, case, found in zip(POINTWISE, cases, gradients(cases), strict=True)}


@pytest.mark.parametrize("shape", POINTWISE)
def test_pointwise_gradients_are_right_in_one_block_and_in_many(shape, pointwise_gradients):
    x, w, cotangent, of_input, of_kernel = pointwise_gradients[shape]
    np.testing.assert_allclose(of_input, cotangent @ w.T, atol=1e-5)
    np.testing.assert_allclose(of_kernel, np.einsum("bhwc,bhwo->co", x, cotangent, dtype=np.float64), atol=2e-3)


def test_sums_of_bfloat16_are_as_exact_as_it_is():
    """Numbers of one sign, whose sum grows beyond what a bfloat16 can be added to."""
    x, cotangent = (np.abs(random(seed, 8, 32, 64, 4)) for seed in (0, 1))
    expected = np.einsum("bhwc,bhwo->co", x, cotangent, dtype=np.float64)
    half = [jnp.asarray(part, jnp.bfloat16) for part in (x, cotangent)]
    found = compiled(lambda x, g: jax.vjp(convolutions.pointwise, x, jnp.zeros((4, 4), x.dtype))[1](g)[1])(*half)
    assert found.dtype == jnp.bfloat16
    np.testing.assert_allclose(found.astype(jnp.float32), expected, rtol=0.004)


def test_the_quick_form_takes_grouped_convolutions_off_the_cpu():
    step = jax.jit(lambda x, w: convolutions.depthwise(x, w, 1))
    arguments = jnp.zeros((1, 8, 8, 4)), jnp.zeros((3, 3, 1, 4))
    assert "convolution" not in step.trace(*arguments).lower(lowering_platforms=("cpu",)).as_text()
    assert "feature_group_count = 4" in step.trace(*arguments).lower(lowering_platforms=("cuda",)).as_text()
