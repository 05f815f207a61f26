"""ResNet (He et al. 2015) up to its last block, batch norms folded; weights from a torchvision or timm file.

The second convolution of a bottleneck strides, as in those two (the paper's first does).
"""

from typing import ClassVar

import flax.linen as nn
import jax
import jax.numpy as jnp

from marey.networks.convolutions import convolve
from marey.networks.layers import Conv, Pointwise
from marey.networks.trunk import Trunk, standardise

# Without pretrained weights, and with no batch norm to keep the sums in bounds, each block starts as the identity
# (Goyal et al. 2017 start the last batch norm's gain at zero for that).
ZEROS = nn.initializers.zeros


def max_pool(x: jax.Array, plain: bool) -> jax.Array:
    """Take the 3 x 3 maximum at stride 2: f32[B,H,W,C] >= 0 -> f32[B,H/2,W/2,C], H and W even, one pixel of padding.

    Quick form: first along columns, then along rows; XLA's gradient of a windowed maximum is slow on CPUs.
    """
    if plain:
        # In images of any size, jax2onnx takes the maximum of stride 2 for one that keeps the size, and cannot slice.
        x = nn.max_pool(x, window_shape=(3, 3), padding="SAME")
        return convolve(x, jnp.ones((1, 1, 1, x.shape[-1])), stride=2, groups=x.shape[-1])
    for axis in (1, 2):
        even, odd = (x[:, start::2] if axis == 1 else x[:, :, start::2] for start in (0, 1))
        before = jnp.pad(odd, [(int(axis == a), 0) for a in range(4)])
        before = before[:, :-1] if axis == 1 else before[:, :, :-1]
        x = jnp.maximum(jnp.maximum(before, even), odd)
    return x


class Residual(nn.Module):
    """Add a basic block (two 3 x 3 convolutions) or a bottleneck (1 x 1, 3 x 3, 1 x 1) to its input, then ReLU."""

    features: int
    stride: int
    bottleneck: bool
    plain: bool

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        outputs = 4 * self.features if self.bottleneck else self.features
        if self.bottleneck:
            y = nn.relu(Pointwise(self.features, self.plain, name="conv1")(x))
            y = nn.relu(self._striding("conv2", y))
            y = Pointwise(outputs, self.plain, kernel_init=ZEROS, name="conv3")(y)
        else:
            y = nn.relu(self._striding("conv1", x))
            y = Conv(outputs, kernel_init=ZEROS, name="conv2")(y)
        if x.shape != y.shape:
            x = self._shortcut(outputs, x)
        return nn.relu(x + y)

    def _striding(self, name: str, x: jax.Array) -> jax.Array:
        return Conv(self.features, stride=self.stride, symmetric=True, name=name)(x)

    def _shortcut(self, outputs: int, x: jax.Array) -> jax.Array:
        if self.plain:
            return Conv(outputs, kernel=1, stride=self.stride, name="shortcut")(x)
        return Pointwise(outputs, name="shortcut")(x[:, :: self.stride, :: self.stride])


class ResNetStage(nn.Module):
    """Chain blocks `block0`, `block1`, ... of one width; the first one strides, from the second stage on."""

    features: int
    blocks: int
    stride: int
    bottleneck: bool
    plain: bool

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        for index in range(self.blocks):
            stride = self.stride if index == 0 else 1
            x = Residual(self.features, stride, self.bottleneck, self.plain, name=f"block{index}")(x)
        return x


class Stem(nn.Module):
    """Convolve 7 x 7 at stride 2, ReLU, and take the maximum at stride 2."""

    plain: bool

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return max_pool(nn.relu(Conv(64, kernel=7, stride=2, symmetric=True, name="stem")(x)), self.plain)


class ResNet18(Trunk):
    """ResNet-18, whose stage 0 is the stem; feature maps have 64, 128, 256 and 512 channels."""

    blocks: ClassVar[tuple[int, ...]] = (2, 2, 2, 2)
    bottleneck: ClassVar[bool] = False
    stages: ClassVar[int] = 5
    taps: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)

    @staticmethod
    def normalise(images: jax.Array) -> jax.Array:
        """Standardise RGB in 0..1 by ImageNet's mean and deviation."""
        return standardise(images)

    def stage(self, index: int) -> nn.Module:
        """Return the stage `index`: the stem, then blocks of 64, 128, 256 and 512 features."""
        if index == 0:
            return Stem(self.plain, name="stage0")
        features, stride = 64 * 2 ** (index - 1), 1 if index == 1 else 2
        return ResNetStage(features, self.blocks[index - 1], stride, self.bottleneck, self.plain, name=f"stage{index}")


class ResNet50(ResNet18):
    """ResNet-50, whose feature maps have 256, 512, 1024 and 2048 channels."""

    blocks: ClassVar[tuple[int, ...]] = (3, 4, 6, 3)
    bottleneck: ClassVar[bool] = True


BACKBONES: dict[str, type[Trunk]] = {"resnet18": ResNet18, "resnet50": ResNet50}
