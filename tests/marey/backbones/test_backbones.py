"""The list of backbones: what every one of them promises."""

import jax
import jax.numpy as jnp
import pytest

from marey.backbones import BACKBONES
from marey.config import schema

CHANNELS = {
    "efficientnet_lite0": (24, 40, 112, 320),
    "efficientnet_lite1": (24, 40, 112, 320),
    "efficientnet_lite2": (24, 48, 120, 352),
    "mobilenet_v3_small": (16, 24, 48, 96),
    "resnet18": (64, 128, 256, 512),
    "resnet50": (256, 512, 1024, 2048),
    "small": (24, 48, 80, 112),
    "unet": (48, 80, 112, 160),
}


@pytest.mark.parametrize("name", BACKBONES)
def test_features_come_at_strides_4_to_32(name):
    images = jax.ShapeDtypeStruct((2, 64, 96, 3), jnp.float32)
    features, _ = jax.eval_shape(lambda x: BACKBONES[name]().init_with_output(jax.random.key(0), x), images)
    expected = [(2, 64 // s, 96 // s, c) for s, c in zip((4, 8, 16, 32), CHANNELS[name], strict=True)]
    assert [feature.shape for feature in features] == expected


@pytest.mark.parametrize("name", BACKBONES)
def test_parameters_are_those_of_the_stages_whatever_the_form(name):
    images = jax.ShapeDtypeStruct((1, 32, 32, 3), jnp.float32)
    quick, plain = (jax.eval_shape(BACKBONES[name](form).init, jax.random.key(0), images) for form in (False, True))
    assert quick == plain
    stages = {part for part in quick["params"] if part.startswith("stage")}
    assert stages == {f"stage{index}" for index in range(BACKBONES[name].stages)}


def test_the_config_offers_exactly_these():
    model, train = (schema("config")["properties"][block]["properties"] for block in ("model", "train"))
    assert model["backbone"]["enum"] == list(BACKBONES)
    assert train["frozen_stages"]["maximum"] <= min(trunk.stages for trunk in BACKBONES.values())
