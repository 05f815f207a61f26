"""U-Net (Ronneberger et al. 2015), without pretraining."""

from typing import ClassVar

import flax.linen as nn
import jax
import jax.numpy as jnp

from marey.networks.layers import Conv, upsample
from marey.networks.trunk import Trunk


class TwoConvolutions(nn.Module):
    """Apply 3 x 3 convolution, layer norm and ReLU twice; the first convolution has the stride.

    Normalises over channels only, so that training and inference agree and images of a batch do not touch each other.
    """

    features: int
    stride: int = 1

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        for index, stride in enumerate((self.stride, 1)):
            x = Conv(self.features, stride=stride, name=f"conv{index}")(x)
            x = nn.relu(nn.LayerNorm(name=f"norm{index}")(x))
        return x


class UNet(Trunk):
    """U-Net, whose stages are the encoder; the feature maps are the decoder's: 48, 80, 112 and 160 channels.

    Unlike the paper's, it ends at stride 4, its convolutions keep the size, and they stride instead of pooling.
    """

    widths: ClassVar[tuple[int, ...]] = (24, 48, 80, 112, 160)
    stages: ClassVar[int] = 5
    taps: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)

    @staticmethod
    def normalise(images: jax.Array) -> jax.Array:
        """Centre RGB in 0..1 on 0."""
        return images - jnp.asarray(0.5, images.dtype)

    def stage(self, index: int) -> nn.Module:
        """Return the stage `index` of the encoder."""
        return TwoConvolutions(self.widths[index], stride=2, name=f"stage{index}")

    @nn.compact
    def __call__(self, images: jax.Array) -> list[jax.Array]:
        *skips, x = super().__call__(images)
        features = [x]
        for stride, skip in zip((16, 8, 4), reversed(skips), strict=True):
            x = jnp.concatenate([skip, upsample(x)], axis=-1)
            x = TwoConvolutions(skip.shape[-1], name=f"decoder{stride}")(x)
            features.insert(0, x)
        return features


BACKBONES: dict[str, type[Trunk]] = {"unet": UNet}
