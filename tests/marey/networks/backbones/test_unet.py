"""U-Net: what its skips and its frozen encoder promise."""

import copy

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from marey.networks.backbones.unet import UNet

QUICK = {"xla_backend_optimization_level": 0}  # of the compiler: each program runs once


@pytest.fixture(scope="module")
def unet():
    images = jax.random.uniform(jax.random.key(1), (2, 64, 32, 3))
    return images, jax.jit(UNet().init, compiler_options=QUICK)(jax.random.key(0), images)


def test_each_picture_of_a_batch_is_treated_alone(unet):
    images, params = unet
    run = jax.jit(UNet().apply, compiler_options=QUICK)
    for a, b in zip(run(params, images), run(params, images[:1]), strict=True):
        np.testing.assert_allclose(a[:1], b, atol=1e-4)


def test_frozen_encoder_leaves_the_decoder_its_gradient(unet):
    images, params = unet

    def loss(params):
        return sum((feature**2).mean() for feature in UNet(frozen_stages=5).apply(params, images[:1]))

    gradient = jax.jit(jax.grad(loss), compiler_options=QUICK)(params)["params"]
    assert {name for name in gradient if name.startswith("stage")} == {f"stage{index}" for index in range(5)}
    for name, part in gradient.items():
        assert bool(jnp.all(part["conv0"]["kernel"] == 0)) == name.startswith("stage"), name


@pytest.mark.parametrize("part", [slice(48, None), slice(0, 48)], ids=["skip alone", "coarser map alone"])
def test_decoder_sees_the_encoders_map_and_the_coarser_one(unet, part):
    """With the weights of one of the two at zero, two pictures still get different maps."""
    images, params = unet
    params = copy.deepcopy(params)
    layer = params["params"]["decoder4"]["conv0"]
    assert layer["kernel"].shape == (3, 3, 48 + 80, 48)
    layer["kernel"] = layer["kernel"].at[:, :, part].set(0)
    finest = jax.jit(UNet().apply, compiler_options=QUICK)(params, images)[0]
    assert jnp.abs(finest[0] - finest[1]).max() > 0.1
