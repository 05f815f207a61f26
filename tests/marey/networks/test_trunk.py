"""What all trunks share, on the small one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from marey.networks.backbones.small import Small
from marey.networks.trunk import relu6, standardise

QUICK = {"xla_backend_optimization_level": 0}  # of the compiler: each program runs once


def test_relu6_and_its_gradient():
    x = jnp.array([-1.0, 0.5, 3.0, 7.0])
    np.testing.assert_array_equal(relu6(x), [0, 0.5, 3, 6])
    np.testing.assert_array_equal(jax.vmap(jax.grad(relu6))(x), [0, 1, 1, 0])


def test_standardise_takes_imagenet_means_to_zero_and_one_deviation_to_one():
    mean, deviation = jnp.array([0.485, 0.456, 0.406]), jnp.array([0.229, 0.224, 0.225])
    np.testing.assert_allclose(standardise(jnp.stack([mean, mean + deviation])), [[0] * 3, [1] * 3], atol=1e-6)
    assert standardise(jnp.zeros((1, 3), jnp.bfloat16)).dtype == jnp.bfloat16


def test_frozen_stages_get_no_gradient_and_change_no_value():
    images = jax.random.uniform(jax.random.key(1), (2, 64, 64, 3))
    params = jax.jit(Small().init, compiler_options=QUICK)(jax.random.key(0), images)

    def loss(params, frozen):
        return sum((feature**2).mean() for feature in Small(plain=True, frozen_stages=frozen).apply(params, images))

    value, gradient = jax.jit(jax.value_and_grad(loss), static_argnums=1, compiler_options=QUICK)(params, 3)
    free = jax.jit(loss, static_argnums=1, compiler_options=QUICK)(params, 0)
    np.testing.assert_allclose(value, free, rtol=1e-5)
    for name, stage in gradient["params"].items():
        frozen = name in ("stage0", "stage1", "stage2")  # two of them are feature maps of their own
        assert all(bool(jnp.all(leaf == 0)) == frozen for leaf in jax.tree.leaves(stage["down"])), name


def test_too_many_frozen_stages_are_refused():
    with pytest.raises(ValueError, match="frozen_stages 6: the trunk has 5 stages"):
        jax.eval_shape(Small(frozen_stages=6).init, jax.random.key(0), jnp.zeros((1, 32, 32, 3)))
