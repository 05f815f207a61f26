"""Trunks: networks that turn a picture into feature maps at strides 4, 8, 16 and 32."""

from typing import ClassVar

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax

from marey.layers import Conv, Depthwise, Pointwise


def relu6(x: jax.Array) -> jax.Array:
    """min(max(x, 0), 6). Not as lax.clamp, which jax2onnx cannot export for a batch of any size."""
    return jnp.minimum(nn.relu(x), 6.0)


class Trunk(nn.Module):
    """A chain of stages `stage0`, `stage1`, ...; the stem belongs to stage 0.

    Images f32[B,H,W,3], RGB in 0..1, H and W multiples of 32 -> four feature maps f32[B,H/s,W/s,C], s = 4, 8, 16, 32.
    The first `frozen_stages` stages get no gradient, so XLA drops their backward pass.
    `plain` selects the form of the layers (see `layers`).
    """

    plain: bool = False
    frozen_stages: int = 0

    stages: ClassVar[int]
    taps: ClassVar[tuple[int, ...]]  # the stages whose outputs are the feature maps

    @staticmethod
    def normalise(images: jax.Array) -> jax.Array:
        """Map RGB in 0..1 to what the first stage expects."""
        raise NotImplementedError

    def stage(self, index: int) -> nn.Module:
        """The stage `index`, a module named `stage<index>`."""
        raise NotImplementedError

    @nn.compact
    def __call__(self, images: jax.Array) -> list[jax.Array]:
        if not 0 <= self.frozen_stages <= self.stages:
            raise ValueError(
                f"frozen_stages {self.frozen_stages}: the trunk has {self.stages} stages; use 0 to {self.stages}"
            )
        x = self.normalise(images)
        features = []
        for index in range(self.stages):
            x = self.stage(index)(x)
            if index + 1 == self.frozen_stages:
                x = lax.stop_gradient(x)
            if index in self.taps:
                features.append(x)
        return features


class InvertedResidual(nn.Module):
    """MobileNetV2's block, batch norms folded into the convolutions: expand, depthwise, project, residual sum."""

    features: int
    expand: int
    kernel: int
    stride: int
    plain: bool

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        y = x
        if self.expand > 1:
            y = relu6(Pointwise(self.expand * x.shape[-1], self.plain, name="expand")(y))
        y = relu6(Depthwise(self.kernel, self.stride, self.plain, name="depthwise")(y))
        y = Pointwise(self.features, self.plain, name="project")(y)
        return x + y if y.shape == x.shape else y


class LiteStage(nn.Module):
    """Blocks `block0`, `block1`, ... of one width; the first one strides. `stem`: channels of the stem, 0 for none."""

    stem: int
    expand: int
    kernel: int
    stride: int
    features: int
    repeat: int
    plain: bool

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        if self.stem:
            x = relu6(Conv(self.stem, stride=2, name="stem")(x))
        for index in range(self.repeat):
            stride = self.stride if index == 0 else 1
            x = InvertedResidual(self.features, self.expand, self.kernel, stride, self.plain, name=f"block{index}")(x)
        return x


class EfficientNetLite0(Trunk):
    """EfficientNet-Lite0 (Tan and Le 2019, without squeeze-and-excitation) up to its last block; ImageNet weights.

    Feature maps have 24, 40, 112 and 320 channels.
    """

    # expand, kernel, stride, channels, blocks
    specification: ClassVar[tuple[tuple[int, ...], ...]] = (
        (1, 3, 1, 16, 1),
        (6, 3, 2, 24, 2),
        (6, 5, 2, 40, 2),
        (6, 3, 2, 80, 3),
        (6, 5, 1, 112, 3),
        (6, 5, 2, 192, 4),
        (6, 3, 1, 320, 1),
    )
    stages: ClassVar[int] = 7
    taps: ClassVar[tuple[int, ...]] = (1, 2, 4, 6)

    @staticmethod
    def normalise(images: jax.Array) -> jax.Array:
        return (255 * images - 127) / 128

    def stage(self, index: int) -> nn.Module:
        return LiteStage(0 if index else 32, *self.specification[index], self.plain, name=f"stage{index}")


class SmallStage(nn.Module):
    """A striding 3 x 3 convolution, layer norm and ReLU, then residual blocks much like ConvNeXt's (Liu et al. 2022).

    A block: depthwise 3 x 3, layer norm, expand, ReLU, project.
    """

    features: int
    blocks: int
    plain: bool

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = nn.relu(nn.LayerNorm(name="down_norm")(Conv(self.features, stride=2, name="down")(x)))
        for index in range(self.blocks):
            y = Depthwise(plain=self.plain, name=f"block{index}_depthwise")(x)
            y = nn.LayerNorm(name=f"block{index}_norm")(y)
            y = nn.relu(Pointwise(2 * self.features, self.plain, name=f"block{index}_expand")(y))
            x = x + Pointwise(self.features, self.plain, name=f"block{index}_project")(y)
        return x


class Small(Trunk):
    """A small trunk that trains from scratch in a few hundred steps; 24, 48, 80 and 112 channels.

    Normalises over channels only, so that training and inference agree and pictures of a batch do not touch each other.
    """

    # channels, residual blocks
    specification: ClassVar[tuple[tuple[int, int], ...]] = ((16, 0), (24, 1), (48, 1), (80, 2), (112, 2))
    stages: ClassVar[int] = 5
    taps: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)

    @staticmethod
    def normalise(images: jax.Array) -> jax.Array:
        return images - jnp.float32(0.5)

    def stage(self, index: int) -> nn.Module:
        return SmallStage(*self.specification[index], self.plain, name=f"stage{index}")


BACKBONES: dict[str, type[Trunk]] = {"efficientnet_lite0": EfficientNetLite0, "small": Small}
