"""What all trunks share: the chain of stages, its feature maps, and small pieces of several families."""

from typing import ClassVar

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax

# Mean and standard deviation of ImageNet's RGB, 0..1: what torchvision's and timm's networks were trained with.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


def relu6(x: jax.Array) -> jax.Array:
    """Compute min(max(x, 0), 6); not as lax.clamp, which jax2onnx cannot export for a batch of any size."""
    return jnp.minimum(nn.relu(x), 6.0)


def standardise(images: jax.Array) -> jax.Array:
    """Map RGB in 0..1, f32[..., 3], to zero mean and unit variance per channel over ImageNet."""
    return (images - jnp.array(IMAGENET_MEAN, images.dtype)) / jnp.array(IMAGENET_DEVIATION, images.dtype)


class Trunk(nn.Module):
    """Chain the stages `stage0`, `stage1`, ...; the stem belongs to stage 0.

    Images f32[B,H,W,3], RGB in 0..1, H and W multiples of 32 -> four feature maps f32[B,H/s,W/s,C], s = 4, 8, 16, 32.
    The first `frozen_stages` stages get no gradient, so XLA drops their backward pass. `plain` selects the form of the
    layers (see `layers`).

    Cells of the maps are not always centred on what they see: TensorFlow's padding (EfficientNet-Lite, Small, UNet)
    puts the middle of the windows half a pixel after the cell's centre at every halving, PyTorch's (ResNet, MobileNet)
    half a pixel before. Heads learn the constant shift with everything else.
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
        """Return the stage `index`, a module named `stage<index>`."""
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
            if index < self.frozen_stages:
                x = lax.stop_gradient(x)
            if index in self.taps:
                features.append(x)
        return features
