"""EfficientNet-Lite: PyTorch's activations of the pretrained networks."""

import os
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from marey.models.pretrained.pretrained import pretrained
from marey.networks.backbones.efficientnet import BACKBONES, EfficientNetLite0

ROOT = Path(__file__).resolve().parents[4]
FIXTURES = ROOT / os.environ.get("MAREY_FIXTURES", "../shared/fixtures")


@pytest.mark.skipif(not FIXTURES.exists(), reason="no reference activations; point MAREY_FIXTURES at their folder")
@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("efficientnet_lite0", False),
        ("efficientnet_lite0", True),
        ("efficientnet_lite1", True),
        ("efficientnet_lite2", True),
    ],
)
def test_pretrained_activations_equal_pytorch(name, plain):
    reference = np.load(FIXTURES / f"{name}.npz")
    trunk = BACKBONES[name](plain)
    params, _ = pretrained(name)
    run = jax.jit(lambda x: trunk.apply({"params": params}, x, capture_intermediates=True))
    features, state = run(reference["image"].astype(np.float32) / 255)
    blocks = [
        state["intermediates"][f"stage{stage}"][f"block{block}"]["__call__"][0]
        for stage, specification in enumerate(trunk.specification)
        for block in range(specification[-1])
    ]
    named = [key for key in reference if key.startswith("block")]
    assert len(named) == 7
    for key in named:
        found = blocks[int(key.removeprefix("block"))]
        found = found[:, ::4, ::4] if found.shape[1] > 60 else found
        np.testing.assert_allclose(found, reference[key], atol=1e-4 * np.abs(reference[key]).max(), err_msg=key)
    np.testing.assert_array_equal(features[-1], blocks[-1])


@pytest.mark.parametrize(
    ("name", "channels", "blocks"),
    [
        ("efficientnet_lite0", [16, 24, 40, 80, 112, 192, 320], [1, 2, 2, 3, 3, 4, 1]),
        ("efficientnet_lite1", [16, 24, 40, 80, 112, 192, 320], [1, 3, 3, 4, 4, 5, 1]),
        ("efficientnet_lite2", [16, 24, 48, 88, 120, 208, 352], [1, 3, 3, 4, 4, 5, 1]),
    ],
)
def test_compound_scaling(name, channels, blocks):
    specification = BACKBONES[name].specification
    assert [stage[3] for stage in specification] == channels
    assert [stage[4] for stage in specification] == blocks


def test_normalisation_of_grey_levels():
    levels = jnp.array([0.0, 127 / 255, 1.0])
    np.testing.assert_allclose(EfficientNetLite0.normalise(levels), [-127 / 128, 0, 1], atol=1e-6)
