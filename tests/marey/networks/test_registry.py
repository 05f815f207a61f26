"""The list of backbones: what every one of them promises."""

from importlib import import_module

import jax
import jax.numpy as jnp
import pytest

from marey.experiment.config import schema
from marey.networks import backbones, registry
from marey.networks.registry import load_backbone

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


@pytest.mark.parametrize("name", CHANNELS)
def test_features_come_at_strides_4_to_32(name):
    images = jax.ShapeDtypeStruct((2, 64, 96, 3), jnp.float32)
    features, _ = jax.eval_shape(lambda x: load_backbone(name)().init_with_output(jax.random.key(0), x), images)
    expected = [(2, 64 // s, 96 // s, c) for s, c in zip((4, 8, 16, 32), CHANNELS[name], strict=True)]
    assert [feature.shape for feature in features] == expected


@pytest.mark.parametrize("name", CHANNELS)
def test_parameters_are_those_of_the_stages_whatever_the_form(name):
    images = jax.ShapeDtypeStruct((1, 32, 32, 3), jnp.float32)
    quick, plain = (jax.eval_shape(load_backbone(name)(form).init, jax.random.key(0), images) for form in (False, True))
    assert quick == plain
    stages = {part for part in quick["params"] if part.startswith("stage")}
    assert stages == {f"stage{index}" for index in range(load_backbone(name).stages)}


def test_the_config_offers_exactly_these():
    model, train = (schema("config")["properties"][block]["properties"] for block in ("model", "train"))
    modules = [import_module(f"{backbones.__name__}.{name}") for name in registry.families()]
    assert model["backbone"]["enum"] == [name for module in modules for name in module.BACKBONES] == list(CHANNELS)
    assert train["frozen_stages"]["maximum"] <= min(load_backbone(name).stages for name in CHANNELS)


@pytest.mark.parametrize("name", CHANNELS)
def test_names_begin_with_their_family_s(name):
    assert load_backbone(name).__module__ == f"{backbones.__name__}.{registry.family(name)}"


def test_names_that_nobody_has_are_refused():
    with pytest.raises(ValueError, match="model.backbone 'vgg16': unknown; the families are efficientnet, mobile"):
        load_backbone("vgg16")
    with pytest.raises(ValueError, match="model.backbone 'resnet1': unknown; use one of resnet18, resnet50"):
        load_backbone("resnet1")
