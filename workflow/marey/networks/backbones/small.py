"""A small trunk without pretraining."""

from typing import ClassVar

import flax.linen as nn
import jax
import jax.numpy as jnp

from marey.networks.layers import Conv, Depthwise, Pointwise
from marey.networks.trunk import Trunk


class SmallStage(nn.Module):
    """Halve the image by a 3 x 3 convolution, layer norm and ReLU, then apply residual blocks.

    The blocks are much like ConvNeXt's (Liu et al. 2022): depthwise 3 x 3, layer norm, expand, ReLU, project.
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

    Normalises over channels only, so that training and inference agree and images of a batch do not touch each other.
    """

    # channels, residual blocks
    specification: ClassVar[tuple[tuple[int, int], ...]] = ((16, 0), (24, 1), (48, 1), (80, 2), (112, 2))
    stages: ClassVar[int] = 5
    taps: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)

    @staticmethod
    def normalise(images: jax.Array) -> jax.Array:
        """Centre RGB in 0..1 on 0."""
        return images - jnp.asarray(0.5, images.dtype)

    def stage(self, index: int) -> nn.Module:
        """Return the stage `index` by its row of `specification`."""
        return SmallStage(*self.specification[index], self.plain, name=f"stage{index}")


BACKBONES: dict[str, type[Trunk]] = {"small": Small}
