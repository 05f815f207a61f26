"""What a network is to put out, chosen by the labelled animals: one or several, edges, identities or a descriptor."""

import numpy as np

from marey.experiment.skeletons import Skeleton
from marey.networks.outputs import SINGLE, Layout
from marey.training.edges import choose_edges

DESCRIPTOR_FEATURES = 16  # where nobody said who the animals are


def choose_layout(points: np.ndarray, skeleton: Skeleton, config: dict) -> Layout:
    """Choose the layout for labelled animals f32[frame, individual, keypoint, 2] px; `config` is the block `animals`.

    Top-down, the `side` of the squares stays 0: it is known later.
    """
    if config["method"] == "single":
        return SINGLE
    if config["method"] == "top_down":
        return Layout(False, most=most_animals(points))
    unique = tuple(skeleton.keypoints.index(name) for name in config["unique"])
    number = most_animals(np.delete(points, unique, axis=2))
    edges, identities = choose_edges(points, skeleton=skeleton.edges, unique=unique), tuple(config["identities"])
    descriptor = 0 if identities else DESCRIPTOR_FEATURES
    return Layout(False, edges, unique, number, identities=identities, descriptor=descriptor)


def most_animals(points: np.ndarray) -> int:
    """Count the animals that one frame shows at most in f32[frame, individual, keypoint, 2] px, NaN = not there."""
    return int(np.isfinite(points).all(axis=-1).any(axis=-1).sum(axis=1).max())


def count_animals(points: np.ndarray) -> int:
    """Count the animals that all frames show together in f32[frame, individual, keypoint, 2] px, NaN = not there."""
    return int(np.isfinite(points).all(axis=-1).any(axis=-1).sum())
