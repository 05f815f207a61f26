import os
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from marey import weights
from marey.backbones import BACKBONES, EfficientNetLite0, Small, relu6

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = ROOT / os.environ.get("MAREY_FIXTURES", "../shared/fixtures") / "efficientnet_lite0.npz"


@pytest.mark.skipif(not FIXTURE.exists(), reason="no reference activations; point MAREY_FIXTURES at their folder")
@pytest.mark.parametrize("plain", [False, True])
def test_pretrained_activations_equal_pytorch(plain):
    reference = np.load(FIXTURE)
    trunk = EfficientNetLite0(plain)
    params, _ = weights.pretrained("efficientnet_lite0")
    run = jax.jit(lambda x: trunk.apply({"params": params}, x, capture_intermediates=True))
    features, state = run(reference["image"].astype(np.float32) / 255)
    blocks = [
        state["intermediates"][f"stage{stage}"][f"block{block}"]["__call__"][0]
        for stage, specification in enumerate(trunk.specification)
        for block in range(specification[-1])
    ]
    names = [name for name in reference if name.startswith("block")]
    assert len(names) == 7
    for name in names:
        found = blocks[int(name.removeprefix("block"))]
        found = found[:, ::4, ::4] if found.shape[1] > 60 else found
        np.testing.assert_allclose(found, reference[name], atol=1e-4 * np.abs(reference[name]).max(), err_msg=name)
    np.testing.assert_array_equal(features[-1], blocks[-1])


@pytest.mark.parametrize(
    ("name", "channels"), [("efficientnet_lite0", (24, 40, 112, 320)), ("small", (24, 48, 80, 112))]
)
def test_features_come_at_strides_4_to_32(name, channels):
    images = jax.ShapeDtypeStruct((2, 64, 96, 3), jnp.float32)
    features, _ = jax.eval_shape(lambda x: BACKBONES[name]().init_with_output(jax.random.key(0), x), images)
    expected = [(2, 64 // s, 96 // s, c) for s, c in zip((4, 8, 16, 32), channels, strict=True)]
    assert [feature.shape for feature in features] == expected


def test_normalisation_of_grey_levels():
    levels = jnp.array([0.0, 127 / 255, 1.0])
    np.testing.assert_allclose(EfficientNetLite0.normalise(levels), [-127 / 128, 0, 1], atol=1e-6)
    np.testing.assert_allclose(Small.normalise(levels), [-0.5, 127 / 255 - 0.5, 0.5], atol=1e-6)


def test_relu6_and_its_gradient():
    x = jnp.array([-1.0, 0.5, 3.0, 7.0])
    np.testing.assert_array_equal(relu6(x), [0, 0.5, 3, 6])
    np.testing.assert_array_equal(jax.vmap(jax.grad(relu6))(x), [0, 1, 1, 0])


@pytest.fixture(scope="module")
def small():
    images = jax.random.uniform(jax.random.key(1), (2, 64, 64, 3))
    return images, jax.jit(Small().init)(jax.random.key(0), images)


def test_small_forms_agree(small):
    images, params = small
    for a, b in zip(Small(False).apply(params, images), Small(True).apply(params, images), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_small_treats_each_picture_of_a_batch_alone(small):
    images, params = small
    alone = Small().apply(params, images[:1])
    for a, b in zip(Small().apply(params, images), alone, strict=True):
        np.testing.assert_allclose(a[:1], b, atol=1e-5)


def test_frozen_stages_get_no_gradient_and_change_no_value(small):
    images, params = small

    def loss(params, frozen):
        return sum((feature**2).mean() for feature in Small(plain=True, frozen_stages=frozen).apply(params, images))

    value, gradient = jax.jit(jax.value_and_grad(loss), static_argnums=1)(params, 2)
    np.testing.assert_allclose(value, loss(params, 0), rtol=1e-5)
    for name, stage in gradient["params"].items():
        frozen = name in ("stage0", "stage1")
        assert all(bool(jnp.all(leaf == 0)) == frozen for leaf in jax.tree.leaves(stage["down"])), name


def test_too_many_frozen_stages_are_refused():
    with pytest.raises(ValueError, match="frozen_stages 6: the trunk has 5 stages"):
        jax.eval_shape(Small(frozen_stages=6).init, jax.random.key(0), jnp.zeros((1, 32, 32, 3)))
