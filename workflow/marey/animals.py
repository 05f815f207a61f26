"""How many animals a picture shows, and what joins their keypoints: the plan that a network is built and read by."""

from typing import NamedTuple

import numpy as np

from marey import graph
from marey.skeletons import Skeleton

WIDTH = 2.0  # half the width of an edge in the network's affinities, in standard deviations of a keypoint's peak


class Plan(NamedTuple):
    """Whether there is never more than a `single` animal; if not, the `edges` of the graph, pairs of keypoints.

    `unique`: keypoints that are there once in a picture and belong to no animal; `most`: animals in a labelled picture;
    `side`: of the square about each animal that the network looks at, px of its input, 0 where it looks at the whole.
    """

    single: bool
    edges: tuple[tuple[int, int], ...] = ()
    unique: tuple[int, ...] = ()
    most: int = 1
    side: int = 0

    @property
    def candidates(self) -> int:
        """How many candidates of each keypoint are looked for: some are false, and a video may show more animals."""
        return 1 if self.single else 2 * self.most + 2

    def facts(self, keypoints: tuple[str, ...]) -> dict:
        """As a block of a bundle's facts; the inverse of `from_facts`."""
        return {
            "single": self.single,
            "edges": [[keypoints[a], keypoints[b]] for a, b in self.edges],
            "unique": [keypoints[k] for k in self.unique],
            "most": self.most,
            "side": self.side,
        }

    @classmethod
    def from_facts(cls, facts: dict) -> "Plan":
        """From the facts of a bundle."""
        index, block = facts["keypoints"].index, facts["animals"]
        edges = tuple((index(a), index(b)) for a, b in block["edges"])
        return cls(block["single"], edges, tuple(map(index, block["unique"])), block["most"], block["side"])


SINGLE = Plan(single=True)


def plan(points: np.ndarray, skeleton: Skeleton, config: dict) -> Plan:
    """The plan for labelled animals f32[frame, individual, keypoint, 2] px; `config` is the block `animals`.

    Top-down, the `side` of the squares is left to be said.
    """
    if config["method"] == "single":
        return SINGLE
    unique = tuple(skeleton.keypoints.index(name) for name in config["unique"])
    number = most(np.delete(points, unique, axis=2))
    if config["method"] == "top_down":
        return Plan(False, most=number)
    return Plan(False, graph.choose(points, skeleton=skeleton.edges, unique=unique), unique, number)


def most(points: np.ndarray) -> int:
    """How many animals of f32[frame, individual, keypoint, 2] px, NaN = not there, one frame shows at most."""
    return int(np.isfinite(points).all(axis=-1).any(axis=-1).sum(axis=1).max())
