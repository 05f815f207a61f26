"""What layers are compared with: one channel by SciPy, made numbers, and programs that compile quickly."""

from functools import partial

import jax
import numpy as np
from scipy.signal import correlate

compiled = partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})  # each program runs once


def same(image: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """One channel, TensorFlow 'SAME': an independent reference through scipy's full correlation."""
    size = kernel.shape[0]
    padding = []
    for n in image.shape:
        out = -(-n // stride)
        total = max((out - 1) * stride + size - n, 0)
        padding.append((total // 2, total - total // 2))
    return correlate(np.pad(image, padding), kernel, mode="valid")[::stride, ::stride]


def random(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def value_and_gradients(function, cotangent, *arguments):
    value, pull = jax.vjp(function, *arguments)
    return value, *pull(cotangent)
