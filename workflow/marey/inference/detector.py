"""From images to detections: preprocessing, the network, decoding, and the way back to the original pixels."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from marey.inference import peaks
from marey.inference.orientations import AS_IT_IS, Orientations
from marey.networks.network import PoseNetwork

CPU_BATCH = 8  # images that are looked at together on a CPU
ACCELERATOR_BATCH = 32  # and on an accelerator
# What a call of the network computes on an accelerator at most: 32 windows of 288 x 288 px. A call is filled up, and of
# whole images few are asked for at a time: of 1920 x 1080 px it takes one.
CALL_PIXELS = 2**22


class Detector:
    """Finds the likeliest place of each keypoint in images of one size, with JAX.

    On a CPU each image is a call of its own: eight at once take 10 % less, but round otherwise. On an accelerator a
    call takes `batch_size` images or, of large ones, fewer; one that is not full is filled up.

    `reach` f64[keypoint, keypoint], px of the images: no two keypoints of the only animal are found farther apart;
    None: each is wherever it is likeliest. Each image is seen in all `orientations`, and the heatmaps are averaged.
    """

    def __init__(
        self,
        network: PoseNetwork,
        params: dict,
        *,
        batch_size: int,
        reach: np.ndarray | None = None,
        orientations: Orientations = AS_IT_IS,
    ):
        self.reach = None if reach is None else np.asarray(reach, np.float32)
        self.keypoints, self.stride, self.sigma = network.keypoints, network.stride, network.sigma
        self.batch_size, self.orientations = batch_size, orientations
        self._network, self._params = network, params

    def __call__(self, images: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Find points f32[n, keypoint, 2], (x, y) px of the images, and their confidence f32[n, keypoint].

        `images`: n of u8[height, width, 3] RGB at the network's scale, sides multiples of 32.
        """
        points, confidence = [np.empty((0, self.keypoints, 2), np.float32)], [np.empty((0, self.keypoints), np.float32)]
        for batch in self.calls(images):
            found, sure = self._detect(np.stack(batch))
            points.append(np.asarray(found)[: len(batch)])
            confidence.append(np.asarray(sure)[: len(batch)])
        return np.concatenate(points), np.concatenate(confidence)

    def calls(self, images: Sequence[np.ndarray]) -> Iterator[list[np.ndarray]]:
        """Yield images of one size in lists of which each is one call of the network; the last may be shorter."""
        return batched(images, self.images_per_call(images[0].shape)) if len(images) else iter(())

    def images_per_call(self, shape: tuple[int, ...]) -> int:
        """Return how many images of `shape` (height, width, 3) a call takes."""
        return 1 if jax.default_backend() == "cpu" else images_within(CALL_PIXELS, shape, self.batch_size)

    def _detect(self, images: np.ndarray) -> tuple[jax.Array, jax.Array]:
        """Find points as `__call__`, in the images u8[m, height, width, 3] of a call; more rows may come out."""
        return self._locate(self.logits(images))

    def _locate(self, logits: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
        """Find points in heatmaps, as `locate`."""
        place = {"stride": self.stride, "sigma": self.sigma, "reach": self.reach}
        return locate(logits, orientations=self.orientations, **place)

    def logits(self, images: np.ndarray) -> tuple[jax.Array, ...]:
        """Compute the heatmaps, as logits, of the images u8[m, height, width, 3] of a call in each of the orientations.

        They are f32[n, h, w, keypoint], as `outputs` says, and lie as the network sees the images (see
        `Orientations.turn_back`).
        """
        return tuple(self.outputs(turned, ("heatmap",))[0] for turned in self.orientations.turn(images))

    def outputs(self, images: np.ndarray, names: tuple[str, ...]) -> tuple[jax.Array, ...]:
        """Compute outputs of the network for the images u8[m, height, width, 3] RGB of a call.

        Each is f32[n, h, w, ...]: n is `images_per_call`, and only the first m rows count.
        """
        return _outputs(self._params, padded(images, self.images_per_call(images.shape[1:])), self._network, names)


@partial(jax.jit, static_argnames=("network", "names"))
def _outputs(params, images: jax.Array, network: PoseNetwork, names: tuple[str, ...]) -> tuple[jax.Array, ...]:
    outputs = network.apply(params, images.astype(jnp.float32) / 255)
    return tuple(outputs[name] for name in names)


@partial(jax.jit, static_argnames=("orientations", "stride", "sigma"))
def locate(
    logits: tuple[jax.Array, ...],
    *,
    orientations: Orientations,
    stride: int,
    sigma: float,
    reach: jax.Array | None = None,
) -> tuple[jax.Array, jax.Array]:
    """Find the highest peak of each heatmap, within reach of those of the others if their `reach` is given.

    Args:
        logits: heatmaps f32[batch, h, w, keypoint], logits, as the network sees them in each orientation.
        orientations: those.
        stride: px of the input per cell.
        sigma: px, standard deviation of the peaks that the network was trained to show.
        reach: f32[keypoint, keypoint], px of the input, that keypoints lie apart at most; None: look anywhere.

    Returns:
        Points f32[batch, keypoint, 2], (x, y) px of the input, and confidence f32[batch, keypoint], 0..1.
    """
    heatmap = orientations.mean(logits)
    points, confidence = peaks.peaks(heatmap, stride=stride, sigma=sigma, candidates=1, reach=reach)
    return points[:, 0], confidence[:, 0]


def images_within(pixels: int, shape: tuple[int, ...], most: int) -> int:
    """Compute how many images of `shape` (height, width, 3) have together at most `pixels`: a power of two, or `most`.

    So many divide the groups of frames that are followed at once. It is one at least.
    """
    count = max(1, pixels // (shape[0] * shape[1]))
    return min(most, 1 << (count.bit_length() - 1))


def batch_size(option: int | str) -> int:
    """Return the images that are looked at together, which `infer.batch_size` stands for on this machine."""
    if option != "auto":
        return option
    return CPU_BATCH if jax.default_backend() == "cpu" else ACCELERATOR_BATCH


def padded(batch: np.ndarray, size: int) -> np.ndarray:
    """Fill `batch` [m, ...] up with zeros to [size, ...], so that one program serves every batch."""
    return np.pad(batch, [(0, size - len(batch)), *[(0, 0)] * (batch.ndim - 1)])


def batched(items: Iterable, size: int) -> Iterator[list]:
    """Yield `items` in lists of `size`; the last may be shorter."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def device() -> dict:
    """Return the provenance entry that names the device that computes."""
    return {"device": jax.devices()[0].device_kind}
