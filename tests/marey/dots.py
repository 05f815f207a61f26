"""Images of one soft dot, and a network that finds it exactly: what comes back shows every shift on the way."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np


def picture(width: int, height: int, x: float, y: float, *, sigma: float = 3.0) -> np.ndarray:
    """u8[height, width, 3]: a Gaussian dot whose centre is (x, y) px, pixel centres at integers + 0.5."""
    columns, rows = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    dot = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
    return np.repeat((255 * dot).round().astype(np.uint8)[..., None], 3, axis=2)


@dataclass(frozen=True)
class DotNetwork:
    """Stands in for a PoseNetwork: the heatmap shows the peak of `sigma` px that belongs to the centre of mass."""

    stride: int = 4
    keypoints: int = 1
    sigma: float = 6.0
    reach: int = 24

    def apply(self, params, images: jax.Array) -> dict[str, jax.Array]:
        """f32[B, H, W, 3] -> heatmap f32[B, h, w, 1], logits, as PoseNetwork.apply."""
        grey = images.mean(axis=-1)
        height, width = grey.shape[1:]
        columns, rows = jnp.arange(width) + 0.5, jnp.arange(height)[:, None] + 0.5
        mass, moment_x, moment_y = (self._sum(part) for part in (grey, grey * columns, grey * rows))
        centre = self.stride * (jnp.arange(max(height, width)) + 0.5)
        x = moment_x / (mass + 1e-6) - centre[: width // self.stride]
        y = moment_y / (mass + 1e-6) - centre[: height // self.stride, None]
        peak = jnp.exp(-(x**2 + y**2) / (2 * self.sigma**2)) * mass / (mass + 1)
        return {"heatmap": jax.scipy.special.logit(jnp.clip(peak, 1e-6, 1 - 1e-6))[..., None]}

    def _sum(self, values: jax.Array) -> jax.Array:
        """Sums over a window of `reach` px around each cell."""
        size = self.stride + 2 * self.reach
        padding = ((0, 0), (self.reach, self.reach), (self.reach, self.reach))
        padded = jnp.pad(values, padding)
        return jax.lax.reduce_window(padded, 0.0, jax.lax.add, (1, size, size), (1, self.stride, self.stride), "valid")
