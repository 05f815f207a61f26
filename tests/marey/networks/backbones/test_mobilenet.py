"""MobileNetV3-Small: torchvision's forward pass, from torchvision's tensors."""

import itertools
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from marey.models.pretrained import pretrained
from marey.networks.backbones.mobilenet import MobileNetV3Small, hard_swish

from .torchvision_forms import mobilenet_v3_small

IMAGES = np.random.default_rng(1).uniform(size=(2, 64, 96, 3)).astype(np.float32)


@pytest.mark.parametrize("plain", [False, True])
def test_features_equal_torchvisions(plain):
    reference = mobilenet_v3_small(IMAGES)
    params, report = pretrained.import_tensors(reference.tensors, "mobilenet_v3_small", Path("made.pth"))
    run = jax.jit(MobileNetV3Small(plain).apply, compiler_options={"xla_backend_optimization_level": 0})
    for found, expected in zip(run({"params": params}, IMAGES), reference.features, strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-5 * np.abs(expected).max())
    assert {name.split(".")[0] for name in report["used"]} == {"features"}
    assert all(name.startswith(("features.12.", "classifier.")) for name in report["head"])
    assert sorted(itertools.chain(*report.values())) == sorted(reference.tensors)


def test_hard_swish():
    x = jnp.array([-4.0, -3.0, -1.0, 0.0, 1.0, 3.0, 5.0])
    np.testing.assert_allclose(hard_swish(x), [0, 0, -1 / 3, 0, 2 / 3, 3, 5], atol=1e-6)
