"""Names of tensors: as in the files of the packages, of torchvision and of timm."""

import jax
import jax.numpy as jnp
import pytest
from flax.traverse_util import flatten_dict

from marey.experiment.config import schema
from marey.networks.naming import has_weights, load_naming
from marey.networks.registry import load_backbone

BACKBONES = schema("config")["properties"]["model"]["properties"]["backbone"]["enum"]
UNTRAINED = ("small", "unet")


def names(backbone):
    image = jax.ShapeDtypeStruct((1, 32, 32, 3), jnp.float32)
    tree = jax.eval_shape(load_backbone(backbone)().init, jax.random.key(0), image)["params"]
    return load_naming(backbone).names({path[:-1] for path in flatten_dict(tree)})


@pytest.mark.parametrize(
    ("backbone", "layer", "expected"),
    [
        ("efficientnet_lite0", "stage0 stem", ("_conv_stem", "_bn0")),
        ("efficientnet_lite0", "stage0 block0 depthwise", ("_blocks.0._depthwise_conv", "_blocks.0._bn1")),
        ("efficientnet_lite2", "stage6 block0 project", ("_blocks.20._project_conv", "_blocks.20._bn2")),
        ("resnet18", "stage0 stem", ("conv1", "bn1")),
        ("resnet18", "stage2 block1 conv2", ("layer2.1.conv2", "layer2.1.bn2")),
        ("resnet50", "stage1 block0 shortcut", ("layer1.0.downsample.0", "layer1.0.downsample.1")),
        ("resnet50", "stage4 block2 conv3", ("layer4.2.conv3", "layer4.2.bn3")),
        ("mobilenet_v3_small", "stage0 block0 depthwise", ("features.1.block.0.0", "features.1.block.0.1")),
        ("mobilenet_v3_small", "stage1 block0 project", ("features.2.block.2.0", "features.2.block.2.1")),
        ("mobilenet_v3_small", "stage2 block0 squeeze fc1", ("features.4.block.2.fc1", None)),
        ("mobilenet_v3_small", "stage4 block2 project", ("features.11.block.3.0", "features.11.block.3.1")),
    ],
)
def test_names(backbone, layer, expected):
    assert names(backbone)[tuple(layer.split())] == expected


@pytest.mark.parametrize("backbone", sorted(set(BACKBONES) - set(UNTRAINED)))
def test_no_two_layers_share_a_name(backbone):
    found = [name for pair in names(backbone).values() for name in pair if name]
    assert len(set(found)) == len(found)


def test_every_other_backbone_is_one_without_pretraining():
    assert [name for name in BACKBONES if not has_weights(name)] == list(UNTRAINED)
    assert [name for name in BACKBONES if load_naming(name) is None] == list(UNTRAINED)
