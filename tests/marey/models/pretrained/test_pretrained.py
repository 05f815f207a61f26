"""Imports: every tensor is used, left out with a reason, or a fault that is named."""

import itertools
import os
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy
from flax.traverse_util import flatten_dict

from marey.models.pretrained.pretrained import import_tensors, pretrained
from marey.models.pretrained.torch_files import WeightsError, read_torch_pickle
from marey.networks.naming import load_naming
from marey.networks.registry import load_backbone


@pytest.fixture(scope="module")
def lite():
    path = Path(load_naming("efficientnet_lite0").package())
    return read_torch_pickle(path), path


@pytest.fixture(scope="module")
def tensors():
    """A ResNet-18's tensors, all zeros but for the variances."""
    image = jax.ShapeDtypeStruct((1, 32, 32, 3), jnp.float32)
    shapes = flatten_dict(jax.eval_shape(load_backbone("resnet18")().init, jax.random.key(0), image)["params"])
    found = {"fc.weight": np.zeros((10, 512), np.float32), "fc.bias": np.zeros(10, np.float32)}
    for layer, (convolution, norm) in load_naming("resnet18").names({path[:-1] for path in shapes}).items():
        rows, columns, inputs, outputs = shapes[*layer, "kernel"].shape
        found[f"{convolution}.weight"] = np.zeros((outputs, inputs, rows, columns), np.float32)
        for part in ("weight", "bias", "running_mean", "running_var"):
            found[f"{norm}.{part}"] = np.full(outputs, part == "running_var", np.float32)
    return found


@pytest.mark.parametrize(("backbone", "convolutions"), [("efficientnet_lite0", 48), ("efficientnet_lite2", 63)])
def test_every_pretrained_tensor_is_accounted_for(backbone, convolutions):
    tensors = read_torch_pickle(load_naming(backbone).package())
    _, report = pretrained(backbone)
    assert sorted(itertools.chain(*report.values())) == sorted(tensors)
    assert {name.split(".")[0] for name in report["head"]} == {"_conv_head", "_bn1", "_fc"}
    assert len(report["used"]) == 5 * convolutions
    assert len(report["counters"]) == convolutions


def test_folded_convolution_equals_convolution_and_batch_norm(lite):
    tensors, path = lite
    params, _ = import_tensors(tensors, "efficientnet_lite0", path)
    x = np.random.default_rng(0).normal(size=96)
    block = "_blocks.1."  # stage 1, block 0
    y = tensors[f"{block}_project_conv.weight"][:, :, 0, 0] @ x
    norm = {part: tensors[f"{block}_bn2.{part}"] for part in ("weight", "bias", "running_mean", "running_var")}
    expected = (y - norm["running_mean"]) / np.sqrt(norm["running_var"] + 1e-3) * norm["weight"] + norm["bias"]
    layer = params["stage1"]["block0"]["project"]
    np.testing.assert_allclose(x @ layer["kernel"][0, 0] + layer["bias"], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"conv1.weight": np.zeros((64, 3, 3, 3))},
            r"w.pth: tensor 'conv1.weight' has shape \(64, 3, 3, 3\), the network expects \(64, 3, 7, 7\); "
            "give a file of torchvision or timm's resnet18",
        ),
        ({"layer2.1.bn1.bias": None}, r"w.pth: tensor 'layer2.1.bn1.bias' of shape \(128,\) is missing; give a file"),
        ({"layer1.0.conv3.weight": np.zeros(3)}, "w.pth: resnet18 has no place for the tensors layer1.0.conv3.weight;"),
        ({f"more.{i}": np.zeros(3) for i in range(7)}, "more.0, more.1, more.2, more.3, more.4 and 2 more; is the"),
    ],
)
def test_tensors_that_do_not_fit_are_named(tensors, change, message):
    changed = {name: value for name, value in {**tensors, **change}.items() if value is not None}
    with pytest.raises(WeightsError, match=message):
        import_tensors(changed, "resnet18", Path("w.pth"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("layer2.0.conv1.weight", np.nan), ("layer2.0.bn1.bias", np.inf), ("layer2.0.bn1.running_var", -1)],
)
def test_tensors_that_give_no_finite_weights_are_refused(tensors, name, value):
    changed = {**tensors, name: np.full_like(tensors[name], value)}
    with pytest.raises(WeightsError, match="w.pth: tensors of 'layer2.0.conv1' are no finite numbers"):
        import_tensors(changed, "resnet18", Path("w.pth"))


def test_safetensors_files_are_read_and_need_no_counters(tensors, tmp_path):
    path = tmp_path / "resnet18.safetensors"
    safetensors.numpy.save_file({name: value.astype(np.float16) for name, value in tensors.items()}, path)
    params, report = pretrained("resnet18", path)
    assert report["counters"] == []
    assert {leaf.dtype for leaf in jax.tree.leaves(params)} == {np.dtype(np.float32)}
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(WeightsError, match="resnet18.safetensors: not a whole safetensors file"):
        pretrained("resnet18", path)


def test_a_file_of_the_user_goes_before_the_packages(lite, tmp_path):
    tensors, _ = lite
    path = tmp_path / "own.safetensors"
    safetensors.numpy.save_file({**tensors, "_bn0.bias": tensors["_bn0.bias"] + 1}, path)
    own, package = (pretrained("efficientnet_lite0", file)[0] for file in (path, None))
    np.testing.assert_allclose(own["stage0"]["stem"]["bias"], package["stage0"]["stem"]["bias"] + 1, rtol=1e-6)


def test_backbones_without_weights_are_refused():
    with pytest.raises(WeightsError, match="no package brings weights of the backbone 'resnet18'; name a file"):
        pretrained("resnet18")
    with pytest.raises(WeightsError, match="w.pth: no weights fit the backbone 'small'; it learns from nothing"):
        pretrained("small", Path("w.pth"))


def test_package_file_is_read_as_the_reference_activations_expect(lite):
    assert os.path.getsize(lite[1]) > 10_000_000
    assert lite[0]["_conv_stem.weight"].shape == (32, 3, 3, 3)
