"""ResNet: torchvision's forward pass, from torchvision's tensors; and a calm start without them."""

import itertools
from pathlib import Path

import jax
import jax.numpy as jnp
import jax2onnx
import numpy as np
import onnxruntime
import pytest
from jax.export import symbolic_shape

from marey.models.pretrained import pretrained
from marey.networks.backbones.resnet import Residual, ResNet18, ResNet50, max_pool

from .torchvision_forms import resnet, windows

IMAGES = np.random.default_rng(1).uniform(size=(2, 64, 96, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "trunk", "blocks", "bottleneck"),
    [("resnet18", ResNet18(), (2, 2, 2, 2), False), ("resnet50", ResNet50(plain=True), (3, 4, 6, 3), True)],
)
def test_features_equal_torchvisions(name, trunk, blocks, bottleneck):
    reference = resnet(IMAGES, blocks=blocks, bottleneck=bottleneck)
    params, report = pretrained.import_tensors(reference.tensors, name, Path("made.pth"))
    run = jax.jit(trunk.apply, compiler_options={"xla_backend_optimization_level": 0})
    for found, expected in zip(run({"params": params}, IMAGES), reference.features, strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-5 * np.abs(expected).max())
    assert report["head"] == ["fc.weight", "fc.bias"]
    assert sorted(itertools.chain(*report.values())) == sorted(reference.tensors)


@pytest.mark.parametrize("plain", [False, True])
def test_max_pool(plain):
    x = np.random.default_rng(0).uniform(size=(2, 6, 8, 3)).astype(np.float32)
    expected = windows(x.transpose(0, 3, 1, 2), 3, 2, -np.inf).max((4, 5)).transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(max_pool(x, plain), expected)


@pytest.mark.parametrize("plain", [False, True])
def test_the_form_that_trains_has_a_gradient_that_a_gpu_computes_the_same_each_time(plain):
    """XLA refuses the other one's with deterministic operations (`running.gpu`); that one is for export alone."""
    gradient = jax.jit(jax.grad(lambda x: max_pool(x, plain).sum()))
    text = gradient.trace(jnp.zeros((1, 6, 8, 3))).lower(lowering_platforms=("cuda",)).as_text()
    assert ("select_and_scatter" in text) == plain


def test_the_maximum_is_exported_for_images_of_any_size():
    shapes = []

    def pool(x):
        shapes.append(max_pool(x, True).shape)
        return max_pool(x, True)

    images = jax.ShapeDtypeStruct(symbolic_shape("batch, 2*rows, 2*columns, 3"), jnp.float32)
    model = jax2onnx.to_onnx(pool, [images], model_name="pool", input_names=["x"], output_names=["y"])
    assert {str(shape) for shape in shapes} == {"(batch, rows, columns, 3)"}
    session = onnxruntime.InferenceSession(model.SerializeToString())
    for shape in ((2, 6, 8, 3), (1, 4, 2, 3)):
        x = np.random.default_rng(0).uniform(size=shape).astype(np.float32)
        np.testing.assert_array_equal(session.run(None, {"x": x})[0], max_pool(x, False))


@pytest.mark.parametrize("bottleneck", [False, True])
def test_blocks_start_as_the_identity(bottleneck):
    x = jax.random.uniform(jax.random.key(0), (1, 4, 4, 32))
    block = Residual(8 if bottleneck else 32, 1, bottleneck, False)
    params = block.init(jax.random.key(1), x)
    np.testing.assert_array_equal(block.apply(params, x), x)
    gradient = jax.grad(lambda params: (block.apply(params, x) ** 2).sum())(params)["params"]
    last = gradient["conv3" if bottleneck else "conv2"]
    assert jnp.abs(last["kernel"]).max() > 0
