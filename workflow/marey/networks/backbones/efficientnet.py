"""EfficientNet-Lite (Tan and Le 2019, without squeeze-and-excitation) up to its last block; ImageNet weights."""

import math
from typing import ClassVar

import flax.linen as nn
import jax

from marey.networks.layers import Conv, Depthwise, Pointwise
from marey.networks.trunk import Trunk, relu6

Specification = tuple[tuple[int, ...], ...]

LITE0: Specification = (  # expand, kernel, stride, channels, blocks
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


def scaled(width: float, depth: float) -> Specification:
    """Scale Lite0 to `width` times the channels, to the nearest multiple of 8, and `depth` times the blocks.

    Blocks are rounded up. The first and the last stage keep their number of them.
    """
    last = len(LITE0) - 1
    return tuple(
        (*shape, int(channels * width + 4) // 8 * 8, blocks if index in (0, last) else math.ceil(blocks * depth))
        for index, (*shape, channels, blocks) in enumerate(LITE0)
    )


class InvertedResidual(nn.Module):
    """Expand, convolve depthwise, project and add the input: MobileNetV2's block, batch norms folded in."""

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
    """Chain blocks `block0`, `block1`, ... of one width; the first one strides. `stem`: its channels, 0 for none."""

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
    """EfficientNet-Lite0, whose feature maps have 24, 40, 112 and 320 channels."""

    specification: ClassVar[Specification] = LITE0
    stages: ClassVar[int] = len(LITE0)
    taps: ClassVar[tuple[int, ...]] = (1, 2, 4, 6)

    @staticmethod
    def normalise(images: jax.Array) -> jax.Array:
        """Map RGB in 0..1 to -127/128..1, as the weights expect."""
        return (255 * images - 127) / 128

    def stage(self, index: int) -> nn.Module:
        """Return the stage `index` by its row of `specification`."""
        return LiteStage(0 if index else 32, *self.specification[index], self.plain, name=f"stage{index}")


class EfficientNetLite1(EfficientNetLite0):
    """EfficientNet-Lite1, with five blocks more than Lite0; feature maps have as many channels."""

    specification: ClassVar[Specification] = scaled(1.0, 1.1)


class EfficientNetLite2(EfficientNetLite0):
    """EfficientNet-Lite2, with as many blocks as Lite1; feature maps have 24, 48, 120 and 352 channels."""

    specification: ClassVar[Specification] = scaled(1.1, 1.2)


BACKBONES: dict[str, type[Trunk]] = {
    "efficientnet_lite0": EfficientNetLite0,
    "efficientnet_lite1": EfficientNetLite1,
    "efficientnet_lite2": EfficientNetLite2,
}
