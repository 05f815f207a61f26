import jax
import jax.numpy as jnp
import numpy as np
import pytest

from marey.networks.backbones.small import Small

QUICK = {"xla_backend_optimization_level": 0}  # of the compiler: each program runs once


@pytest.fixture(scope="module")
def small():
    """Two pictures, parameters, and the feature maps of both."""
    images = jax.random.uniform(jax.random.key(1), (2, 64, 64, 3))
    params = jax.jit(Small().init, compiler_options=QUICK)(jax.random.key(0), images)
    return images, params, run(Small(), params, images)


def run(trunk, params, images):
    return jax.jit(trunk.apply, compiler_options=QUICK)(params, images)


def test_forms_agree(small):
    images, params, features = small
    for a, b in zip(features, run(Small(plain=True), params, images), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_each_picture_of_a_batch_is_treated_alone(small):
    images, params, features = small
    for a, b in zip(features, run(Small(plain=True), params, images[:1]), strict=True):
        np.testing.assert_allclose(a[:1], b, atol=1e-4)


def test_normalisation_of_grey_levels():
    np.testing.assert_allclose(Small.normalise(jnp.array([0.0, 0.25, 1.0])), [-0.5, -0.25, 0.5], atol=1e-6)
