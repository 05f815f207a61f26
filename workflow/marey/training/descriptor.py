"""Appearance: the weights of the head `descriptor`, by which animals can be told apart that nobody has named.

The features of the pyramid are learnt to find keypoints, but they also hold colour and texture. Of them the directions
are taken in which the animals of one image differ most, beside how much the keypoints of one animal do: linear
discriminant analysis (Fisher 1936; Rao 1948). It needs no more than that the animals of an image are different ones.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from scipy.linalg import eigh

from marey.labels.dataset import LabelledFrames
from marey.networks.network import PoseNetwork
from marey.networks.outputs import Layout
from marey.pictures import geometry

MAX_DESCRIPTOR_FRAMES = 200  # labelled frames that are looked at
SHRINKAGE = 0.1  # part of the covariance within animals that is taken to be the same in all directions


def fit_descriptor(
    network: PoseNetwork, params: dict, labelled: LabelledFrames, chosen: np.ndarray, layout: Layout, *, scale: float
) -> dict:
    """Fit the weights of the head `descriptor` to labelled frames.

    Within an animal, between keypoints, the descriptor has a standard deviation of 1.

    Args:
        network: the trained network.
        params: {"params": tree of f32 arrays}, its parameters.
        labelled: labelled frames.
        chosen: i64[n], the frames to look at; of those that show an animal MAX_DESCRIPTOR_FRAMES are taken. One does.
        layout: what the network puts out.
        scale: px of the network per px of the image.

    Returns:
        `params` with the head's weights replaced.
    """
    shown = np.isfinite(np.delete(labelled.points[chosen], layout.unique, axis=2)).any(axis=(1, 2, 3))
    chosen = chosen[shown]
    chosen = chosen[np.unique(np.linspace(0, len(chosen) - 1, MAX_DESCRIPTOR_FRAMES).round().astype(int))]
    features, frame, animal = _at_keypoints(network, params, labelled, chosen, layout.unique, scale=scale)
    axes, middle = discriminants(features, frame, animal, count=layout.descriptor)
    head = {"kernel": axes[None, None], "bias": -middle @ axes}
    head = {name: jnp.asarray(value, jnp.float32) for name, value in head.items()}
    return {"params": {**params["params"], "descriptor": head}}


def discriminants(
    features: np.ndarray, frame: np.ndarray, animal: np.ndarray, *, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Find the axes of the features that best tell the animals of a frame apart.

    Args:
        features: f64[n, feature] of keypoints.
        frame: i64[n], the frame of each.
        animal: i64[n], its animal in the frame.
        count: number of axes.

    Returns:
        The axes f64[feature, count], 0 where there are no more of them, and the middle of the animals f64[feature].
    """
    _, owner, keypoints = np.unique(np.stack([frame, animal]), axis=1, return_inverse=True, return_counts=True)
    owner = owner.ravel()
    mean = _means(features, owner, keypoints)
    first = np.unique(owner, return_index=True)[1]
    _, scene, animals = np.unique(frame[first], return_inverse=True, return_counts=True)
    between = mean - _means(mean, scene, animals)[scene]
    within = features - mean[owner]
    within = within.T @ within / max(1, len(features) - len(mean))
    size = features.shape[1]
    even = np.trace(within) / size
    within = (1 - SHRINKAGE) * within + (SHRINKAGE * even + np.finfo(np.float32).tiny) * np.eye(size)
    axes = eigh(between.T @ between, within)[1][:, ::-1][:, :count]
    return np.pad(axes, [(0, 0), (0, count - axes.shape[1])]), mean.mean(axis=0)


def _means(values: np.ndarray, group: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    total = np.zeros((len(sizes), values.shape[1]))
    np.add.at(total, group, values)
    return total / sizes[:, None]


def _at_keypoints(
    network: PoseNetwork,
    params: dict,
    labelled: LabelledFrames,
    chosen: np.ndarray,
    unique: tuple[int, ...],
    *,
    scale: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read the pyramid's features at all labelled keypoints of animals, with the frame and the animal of each."""
    features, frames, animals = [], [], []
    for index in chosen.tolist():
        picture = labelled.images[index]
        height, width = picture.shape[:2]
        points = geometry.to_network(labelled.points[index], width, height, scale=scale)
        there = np.isfinite(points).all(axis=-1)
        there[:, list(unique)] = False
        animal, keypoint = np.nonzero(there)
        pyramid = np.asarray(_pyramid(params, geometry.resize(picture, scale=scale)[None], network)[0])
        limits = np.array(pyramid.shape[1::-1]) - 1
        column, row = np.clip(points[animal, keypoint] // network.stride, 0, limits).astype(int).T
        features.append(pyramid[row, column].astype(np.float64))
        frames.append(np.full(len(animal), index))
        animals.append(animal)
    return np.concatenate(features), np.concatenate(frames), np.concatenate(animals)


@partial(jax.jit, static_argnames="network")
def _pyramid(params: dict, images: jax.Array, network: PoseNetwork) -> jax.Array:
    """Compute what the heads see, f32[B, h, w, channels], of images u8[B, H, W, 3]."""
    _, state = network.apply(
        params, images.astype(jnp.float32) / 255, capture_intermediates=lambda _, method: method == "_pyramid"
    )
    return state["intermediates"]["_pyramid"][0]
