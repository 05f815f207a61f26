"""From pictures to detections: preprocessing, the network, decoding, and the way back to the original pixels."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from marey import bundles, dataset, decode, geometry
from marey.models import PoseNetwork
from marey.tables import files, labels, predictions


@partial(jax.jit, static_argnames="network")
def _detect(params, images: jax.Array, network: PoseNetwork) -> tuple[jax.Array, jax.Array]:
    """u8[batch, height, width, 3] -> f32[batch, keypoint, 2], px of the input, and confidence f32[batch, keypoint]."""
    outputs = network.apply(params, images.astype(jnp.float32) / 255)
    heatmap = jax.nn.sigmoid(outputs["heatmap"])
    points, confidence = decode.peaks(heatmap, stride=network.stride, sigma=network.sigma, candidates=1)
    return points[:, 0], confidence[:, 0]


def detect(network: PoseNetwork, params, images: np.ndarray, *, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Find the likeliest place of each keypoint in pictures of one size.

    `images` u8[batch, height, width, 3] RGB. Returns points f32[batch, keypoint, 2], (x, y) px of the pictures as
    given, and confidence f32[batch, keypoint].
    """
    height, width = images.shape[1:3]
    resized = np.stack([geometry.resize(image, scale=scale) for image in images])
    points, confidence = _detect(params, resized, network)
    return geometry.to_video(np.asarray(points), width, height, scale=scale), np.asarray(confidence)


def detect_all(network: PoseNetwork, params, images: Sequence[np.ndarray], *, scale: float, batch_size: int):
    """`detect` for pictures of any sizes, in batches: points f32[n, keypoint, 2], confidence f32[n, keypoint]."""
    keypoints = network.keypoints
    points = np.full((len(images), keypoints, 2), np.nan, np.float32)
    confidence = np.zeros((len(images), keypoints), np.float32)
    shapes = [image.shape for image in images]
    for shape in sorted(set(shapes)):
        members = [index for index, found in enumerate(shapes) if found == shape]
        for chosen in batched(members, batch_size):
            batch = _padded([images[index] for index in chosen], batch_size)
            found, sure = detect(network, params, batch, scale=scale)
            points[chosen], confidence[chosen] = found[: len(chosen)], sure[: len(chosen)]
    return points, confidence


def batched(items: Iterable, size: int) -> Iterator[list]:
    """`items` in lists of `size`; the last may be shorter."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def _padded(images: list[np.ndarray], size: int) -> np.ndarray:
    """Stack pictures and fill up with black ones, so that one program serves every batch."""
    batch = np.zeros((size, *images[0].shape), np.uint8)
    batch[: len(images)] = images
    return batch


def predict_frames(
    dataset_path: Path, splits_path: Path, bundle: tuple[Path, Path], out: Path, *, fold: int, provenance: dict
) -> None:
    """Write the `predictions` table: what a model says of every labelled frame, beside the truth."""
    network, params, facts = bundles.load(*bundle)
    labelled = dataset.load(dataset_path, keypoints=network.keypoints)
    parts = dataset.parts(splits_path, labelled, fold=fold)
    points, confidence = detect_all(
        network, params, labelled.images, scale=facts["preprocessing"]["scale"], batch_size=8
    )
    count = network.keypoints
    truth = labelled.points[:, 0]
    table = {
        "video": np.repeat(labelled.video, count),
        "frame": np.repeat(labelled.frame, count),
        "individual": np.repeat([names[0] for names in labelled.individuals], count),
        "keypoint": np.tile(facts["keypoints"], len(labelled)),
        "part": np.repeat(parts["part"].to_numpy(), count),
        "group": np.repeat(parts["group"].to_numpy(), count),
        "x": points[..., 0].ravel(),
        "y": points[..., 1].ravel(),
        "confidence": confidence.ravel(),
        "true_x": truth[..., 0].ravel(),
        "true_y": truth[..., 1].ravel(),
        "visibility": np.array(labels.VISIBILITIES)[labelled.visibility[:, 0].ravel()],
    }
    files.write(out, pd.DataFrame(table), predictions.SCHEMA, provenance={**provenance, **device()})


def device() -> dict:
    """The provenance entry that names the device that computes."""
    return {"device": jax.devices()[0].device_kind}
