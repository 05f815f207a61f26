"""Layers of the networks.

Those with a `plain` form, for export to ONNX, have a quick one (see `convolutions`) of the same parameters.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from marey.networks.convolutions import convolve, depthwise, pointwise


def upsample(x: jax.Array) -> jax.Array:
    """Repeat each pixel twice along rows and columns (nearest neighbour): f32[B,H,W,C] -> f32[B,2H,2W,C]."""
    batch, height, width, channels = x.shape
    x = jnp.broadcast_to(x[:, :, None, :, None], (batch, height, 2, width, 2, channels))
    return x.reshape(batch, 2 * height, 2 * width, channels)


class Conv(nn.Module):
    """Convolve k x k with bias, 'SAME' padding: f32[B,H,W,C] -> f32[B,ceil(H/stride),ceil(W/stride),features].

    `symmetric`: as in `convolve`. One form for all: as a convolution, 64 x 64 x 32 -> 32 and its gradients took 20 ms
    on two cores; as nine matrix products 30 ms, as one over gathered patches 39 ms.
    """

    features: int
    kernel: int = 3
    stride: int = 1
    kernel_init: nn.initializers.Initializer = nn.initializers.he_normal()
    symmetric: bool = False

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        shape = (self.kernel, self.kernel, x.shape[-1], self.features)
        kernel = self.param("kernel", self.kernel_init, shape)
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        return convolve(x, kernel, stride=self.stride, symmetric=self.symmetric) + bias


class Pointwise(nn.Module):
    """Convolve 1 x 1 with bias: f32[B,H,W,C] -> f32[B,H,W,features]; parameters kernel f32[1,1,C,features], bias.

    Quick form: a matrix product, on every device (its gradient took 9 ms where the convolution's took 39).
    """

    features: int
    plain: bool = False
    kernel_init: nn.initializers.Initializer = nn.initializers.lecun_normal()
    bias_init: nn.initializers.Initializer = nn.initializers.zeros

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        kernel = self.param("kernel", self.kernel_init, (1, 1, x.shape[-1], self.features))
        bias = self.param("bias", self.bias_init, (self.features,))
        return (convolve(x, kernel) if self.plain else pointwise(x, kernel[0, 0])) + bias


class Depthwise(nn.Module):
    """Convolve k x k each channel alone, with bias: f32[B,H,W,C] -> f32[B,ceil(H/stride),ceil(W/stride),C].

    `symmetric`: as in `convolve`, for even H and W.
    """

    kernel: int = 3
    stride: int = 1
    plain: bool = False
    symmetric: bool = False

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        channels = x.shape[-1]
        kernel = self.param("kernel", nn.initializers.he_normal(), (self.kernel, self.kernel, 1, channels))
        bias = self.param("bias", nn.initializers.zeros, (channels,))
        if self.plain:
            return convolve(x, kernel, stride=self.stride, groups=channels, symmetric=self.symmetric) + bias
        if not self.symmetric or self.stride == 1:
            return depthwise(x, kernel, self.stride) + bias
        # With a pixel more all around, 'SAME' windows on even sides start where symmetric ones do; one is left over.
        x = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        return depthwise(x, kernel, self.stride)[:, :-1, :-1] + bias
