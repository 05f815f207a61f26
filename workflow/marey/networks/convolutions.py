"""Convolutions in two forms of one result: plain (GPU, ONNX export) and quick under XLA on the CPU.

XLA is slow there at what mobile networks are made of. A depthwise convolution, 3 x 3, batch 8, 64 x 64 x 144, on
two busy cores: 127 ms as a grouped convolution, its gradients 114 ms (input) and 454 ms (kernel); as written here 5, 7
and 13 ms. A training step of EfficientNet-Lite0 becomes ten times quicker.
"""

import math
from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

NHWC = ("NHWC", "HWIO", "NHWC")
# The most rows that one pass of the depthwise kernel gradient's loop adds up. Few rows stay in the second-level cache
# and compile quickly; 7 also divides the heights that a 224 px crop makes.
KERNEL_GRADIENT_ROWS = 7
# Lines (pixels) that one pass of the pointwise kernel gradient's loop multiplies; 320 to 2560 were much alike.
KERNEL_GRADIENT_LINES = 1024


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Compute how many pixels go before and after `size` pixels for ceil(size / stride) outputs: TensorFlow's 'SAME'.

    An even size at stride 2 with a 3 x 3 kernel gets nothing before and one after.
    """
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def convolve(
    x: jax.Array, kernel: jax.Array, *, stride: int = 1, groups: int = 1, symmetric: bool = False
) -> jax.Array:
    """Convolve by XLA's own operation, with 'SAME' or symmetric padding.

    Args:
        x: f32[B,H,W,C].
        kernel: f32[k,k,C/groups,O].
        stride: px between two windows, along rows and columns.
        groups: groups of channels that see only their own inputs.
        symmetric: PyTorch's padding instead of 'SAME': k // 2 pixels on each side, k odd. At stride 2 its windows start
            a pixel earlier on even sides.

    Returns:
        f32[B,ceil(H/stride),ceil(W/stride),O].
    """
    size = kernel.shape[0]
    padding = [(size // 2, size // 2) if symmetric else same_padding(side, size, stride) for side in x.shape[1:3]]
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=NHWC, feature_group_count=groups
    )


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def depthwise(x: jax.Array, kernel: jax.Array, stride: int) -> jax.Array:
    """Convolve each channel alone: x f32[B,H,W,C], kernel f32[k,k,1,C] -> f32[B,ceil(H/s),ceil(W/s),C], 'SAME'.

    On a CPU a sum of shifted slices, with gradients to match; elsewhere XLA's grouped convolution.
    """
    return lax.platform_dependent(
        x, kernel, cpu=partial(_depthwise_slices, stride=stride), default=partial(_depthwise_plain, stride=stride)
    )


def _depthwise_plain(x, kernel, *, stride):
    return convolve(x, kernel, stride=stride, groups=x.shape[-1])


def _depthwise_forward(x, kernel, stride):
    return depthwise(x, kernel, stride), (x, kernel)


def _depthwise_backward(stride, residuals, gradient):
    def slices(x, kernel, gradient):
        return _input_gradient(gradient, kernel, x.shape, stride), _kernel_gradient(x, gradient, kernel.shape, stride)

    def plain(x, kernel, gradient):
        return jax.vjp(partial(_depthwise_plain, stride=stride), x, kernel)[1](gradient)

    return lax.platform_dependent(*residuals, gradient, cpu=slices, default=plain)


depthwise.defvjp(_depthwise_forward, _depthwise_backward)


def _pad(x: jax.Array, kernel: int, stride: int) -> jax.Array:
    return jnp.pad(x, ((0, 0), *(same_padding(size, kernel, stride) for size in x.shape[1:3]), (0, 0)))


def _depthwise_slices(x, kernel, *, stride):
    size, height, width = kernel.shape[0], *(-(-n // stride) for n in x.shape[1:3])
    x = _pad(x, size, stride)
    total = 0.0
    for i in range(size):
        for j in range(size):
            rows, columns = _every(i, height, stride), _every(j, width, stride)
            total += x[:, rows, columns] * kernel[i, j, 0]
    return total


def _every(start: int, count: int, stride: int) -> slice:
    return slice(start, start + (count - 1) * stride + 1, stride)


def _input_gradient(gradient, kernel, shape, stride):
    """Compute the input's gradient, each phase (row and column modulo the stride) by its own taps alone.

    So no work is done on the zeros between.
    """
    batch, height, width, channels = shape
    size = kernel.shape[0]
    top, left = same_padding(height, size, stride)[0], same_padding(width, size, stride)[0]
    h, w = -(-height // stride), -(-width // stride)
    above, before = -((top + 1 - size) // stride), -((left + 1 - size) // stride)
    below, after = (stride - 1 + top) // stride, (stride - 1 + left) // stride
    g = jnp.pad(gradient, ((0, 0), (above, below), (before, after), (0, 0)))

    def phase(a: int, b: int) -> jax.Array:
        total = jnp.zeros((batch, h, w, channels), g.dtype)
        for i in range((a + top) % stride, size, stride):
            for j in range((b + left) % stride, size, stride):
                row, column = above + (a + top - i) // stride, before + (b + left - j) // stride
                total += g[:, row : row + h, column : column + w] * kernel[i, j, 0]
        return total

    if stride == 1:
        return phase(0, 0)
    rows = [jnp.stack([phase(a, b) for b in range(stride)], axis=3) for a in range(stride)]
    whole = jnp.stack(rows, axis=2).reshape(batch, h * stride, w * stride, channels)
    return whole[:, :height, :width]


def _kernel_gradient(x, gradient, shape, stride):
    """Sum products for each tap over tiles of a few rows of one image, which stay in the cache.

    A sum over the first three axes runs without vector instructions in XLA and reads all of x once per tap (twenty
    times slower); added row by row, columns and channels stay a vector. A last product with ones adds up the columns.
    The next tile is carried from pass to pass: cut where it is used, XLA fuses the cutting into every tap, which costs
    the vectors again (29 ms against 19 of CPU time for 3 x 3 at 80 x 64 x 144, 29 against 11 for 5 x 5 at 20 x 16 x
    672). Sums are f32, of bfloat16 too.
    """
    size, batch = shape[0], x.shape[0]
    _, height, width, channels = gradient.shape
    x = _pad(x, size, stride)
    rows = max(d for d in range(1, KERNEL_GRADIENT_ROWS + 1) if height % d == 0)
    blocks = height // rows
    taps = [(i, j) for i in range(size) for j in range(size)]

    def tile(step):
        image, row = step // blocks, step % blocks * rows
        patch = (1, (rows - 1) * stride + size, x.shape[2], channels)
        return (
            lax.dynamic_slice(x, (image, row * stride, 0, 0), patch)[0],
            lax.dynamic_slice(gradient, (image, row, 0, 0), (1, rows, width, channels))[0],
        )

    def add(step, carry):
        sums, (patch, g) = carry
        for index, (i, j) in enumerate(taps):
            columns = _every(j, width, stride)
            sums[index] += sum(patch[i + row * stride, columns] * g[row] for row in range(rows))
        return sums, tile(step + 1)

    sums = [jnp.zeros((width, channels), jnp.float32)] * len(taps)
    sums, _ = lax.fori_loop(0, batch * blocks, add, (sums, tile(0)))
    return jnp.stack([jnp.ones(width) @ columns for columns in sums]).reshape(shape).astype(x.dtype)


@jax.custom_vjp
def pointwise(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Multiply each pixel by a matrix: x f32[B,H,W,C], kernel f32[C,O] -> f32[B,H,W,O].

    On a CPU the kernel's gradient is summed over blocks of pixels. As one product, XLA fuses the activation's mask into
    a transposed copy of the incoming gradient: 55 ms of CPU time against 11 for 163840 pixels, 16 -> 96.
    """
    return x @ kernel


def _pointwise_forward(x, kernel):
    return x @ kernel, (x, kernel)


def _pointwise_backward(residuals, gradient):
    x, kernel = residuals
    pixels, g = x.reshape(-1, x.shape[-1]), gradient.reshape(-1, gradient.shape[-1])
    product = lax.platform_dependent(pixels, g, cpu=_blocked_product, default=lambda a, b: a.T @ b)
    return gradient @ kernel.T, product


pointwise.defvjp(_pointwise_forward, _pointwise_backward)


def _blocked_product(a, b):
    """Compute `a.T @ b` in blocks of lines; at once where lines are few, or no useful size divides them.

    The sum of the blocks is f32, which for bfloat16 is three times as exact as a sum of its own kind.
    """
    lines = math.gcd(len(a), KERNEL_GRADIENT_LINES)
    if len(a) < 8 * KERNEL_GRADIENT_LINES or lines < KERNEL_GRADIENT_LINES // 8:
        return a.T @ b

    def add(step, total):
        block = partial(lax.dynamic_slice_in_dim, start_index=step * lines, slice_size=lines)
        return total + block(a).T @ block(b)

    return lax.fori_loop(0, len(a) // lines, add, jnp.zeros((a.shape[1], b.shape[1]))).astype(a.dtype)
