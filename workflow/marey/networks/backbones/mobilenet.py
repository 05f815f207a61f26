"""MobileNetV3-Small (Howard et al. 2019) up to its last block, batch norms folded; weights from a torchvision file."""

from typing import ClassVar, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from marey.networks.layers import Conv, Depthwise, Pointwise
from marey.networks.trunk import Trunk, relu6, standardise


def hard_sigmoid(x: jax.Array) -> jax.Array:
    """Compute relu6(x + 3) / 6."""
    return relu6(x + 3.0) / 6.0


def hard_swish(x: jax.Array) -> jax.Array:
    """Compute x relu6(x + 3) / 6."""
    return x * hard_sigmoid(x)


class Shape(NamedTuple):
    """Describe the shape of a block.

    Attributes:
        kernel: side of the depthwise kernel, px.
        expanded: channels inside the block.
        features: channels that it puts out.
        squeeze: channels of the squeeze; 0: none.
        swish: hard-swish instead of ReLU.
        stride: px between two windows.
    """

    kernel: int
    expanded: int
    features: int
    squeeze: int
    swish: bool
    stride: int


class SqueezeExcite(nn.Module):
    """Scale each channel by what the means of all channels over the image say (Hu et al. 2018)."""

    features: int
    plain: bool

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        y = jnp.mean(x, axis=(1, 2), keepdims=True)  # not x.mean, which jax2onnx cannot export for any size
        y = nn.relu(Pointwise(self.features, self.plain, name="fc1")(y))
        return x * hard_sigmoid(Pointwise(x.shape[-1], self.plain, name="fc2")(y))


class Bottleneck(nn.Module):
    """Expand, convolve depthwise, squeeze and excite, project; add the input where the shape stays."""

    shape: Shape
    plain: bool

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        kernel, expanded, features, squeeze, swish, stride = self.shape
        activation = hard_swish if swish else nn.relu
        y = x
        if expanded != x.shape[-1]:
            y = activation(Pointwise(expanded, self.plain, name="expand")(y))
        y = activation(Depthwise(kernel, stride, self.plain, symmetric=True, name="depthwise")(y))
        if squeeze:
            y = SqueezeExcite(squeeze, self.plain, name="squeeze")(y)
        y = Pointwise(features, self.plain, name="project")(y)
        return x + y if y.shape == x.shape else y


class MobileNetStage(nn.Module):
    """Chain blocks `block0`, `block1`, ...; before them the stem, 3 x 3 at stride 2, where there is one."""

    stem: bool
    shapes: tuple[Shape, ...]
    plain: bool

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        if self.stem:
            x = hard_swish(Conv(16, stride=2, symmetric=True, name="stem")(x))
        for index, shape in enumerate(self.shapes):
            x = Bottleneck(shape, self.plain, name=f"block{index}")(x)
        return x


class MobileNetV3Small(Trunk):
    """MobileNetV3-Small, whose feature maps have 16, 24, 48 and 96 channels."""

    specification: ClassVar[tuple[tuple[Shape, ...], ...]] = (
        (Shape(3, 16, 16, 8, False, 2),),
        (Shape(3, 72, 24, 0, False, 2), Shape(3, 88, 24, 0, False, 1)),
        (Shape(5, 96, 40, 24, True, 2), *[Shape(5, 240, 40, 64, True, 1)] * 2),
        (Shape(5, 120, 48, 32, True, 1), Shape(5, 144, 48, 40, True, 1)),
        (Shape(5, 288, 96, 72, True, 2), *[Shape(5, 576, 96, 144, True, 1)] * 2),
    )
    stages: ClassVar[int] = 5
    taps: ClassVar[tuple[int, ...]] = (0, 1, 3, 4)

    @staticmethod
    def normalise(images: jax.Array) -> jax.Array:
        """Standardise RGB in 0..1 by ImageNet's mean and deviation."""
        return standardise(images)

    def stage(self, index: int) -> nn.Module:
        """Return the stage `index` by its row of `specification`."""
        return MobileNetStage(index == 0, self.specification[index], self.plain, name=f"stage{index}")


BACKBONES: dict[str, type[Trunk]] = {"mobilenet_v3_small": MobileNetV3Small}
