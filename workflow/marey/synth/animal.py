"""The body of a mouse: keypoints on its skin, and the capsules that its image is made of."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from marey.synth.motion import LINK
from marey.synth.scene import COATS, Scene

KEYPOINTS = (
    "snout",
    "left_ear",
    "right_ear",
    "body_centre",
    "left_hip",
    "right_hip",
    "tail_base",
    "tail_tip",
)
EDGES = (
    ("snout", "left_ear"),
    ("snout", "right_ear"),
    ("left_ear", "body_centre"),
    ("right_ear", "body_centre"),
    ("body_centre", "left_hip"),
    ("body_centre", "right_hip"),
    ("left_hip", "tail_base"),
    ("right_hip", "tail_base"),
    ("tail_base", "tail_tip"),
)

# The backbone from front to back: snout, head, shoulders, three of the trunk, tail base, seven of the tail; mm.
RADII = np.array([2.8, 8.0, 9.5, 12.0, 14.5, 13.0, 5.5, 1.9, 1.8, 1.6, 1.4, 1.2, 1.0, 0.8])
HEIGHTS = np.array([7.0, 10.0, 11.5, 13.0, 15.0, 13.5, 9.0, 6.0, 4.0, 3.0, 2.5, 2.2, 2.0, 1.8])
HEAD = (30.0, 15.0)  # mm from the shoulders to the snout and to the middle of the head
TAIL_BASE = 6
TRUNK = np.linspace(0, TAIL_BASE, 14)  # where on the backbone the trunk's capsules meet
TAIL = np.linspace(TAIL_BASE, 13, 12)
SKIN = np.array([0.62, 0.45, 0.41])  # ears, feet and tail
MAX_CLIMB = 22.0  # mm that one animal is lifted when it walks over others


@dataclass(frozen=True, eq=False)
class Build:
    """What is constant about one animal: capsules between pairs of points, with their looks at either end.

    `ends` i64[capsule, 2] index the points of `points`; `radii` f32[capsule, 2] mm; `albedo` f32[capsule, 2, 3];
    `along` f32[capsule, 2]: place along the animal that hair is anchored to, mm; `fur` bool[capsule]: is hairy.
    """

    ends: np.ndarray
    radii: np.ndarray
    albedo: np.ndarray
    along: np.ndarray
    fur: np.ndarray


@lru_cache
def _splines() -> tuple[np.ndarray, np.ndarray]:
    """Matrices from backbone nodes to the points of trunk and tail: interpolation by a cubic spline is linear."""
    nodes = np.arange(len(RADII))
    identity = np.eye(len(RADII))
    tail = slice(TAIL_BASE, None)
    return CubicSpline(nodes, identity)(TRUNK), CubicSpline(nodes[tail], identity[tail])(TAIL)


def backbone(scene: Scene, states: np.ndarray) -> np.ndarray:
    """Backbone nodes f64[..., individual, node, 3] (mm) of the states STATE[..., individual].

    An animal that meets one of a lower number climbs over it; nodes stay inside the arena.
    """
    scale = scene.body_scales[:, None]
    angles = states["heading"][..., None] - np.cumsum(states["bend"], axis=-1)
    wave = 0.10 * np.sin(states["phase"][..., None] - 0.9 * np.arange(7)) + 0.09 * states["sway"][..., None]
    angles[..., 4:] += np.cumsum(wave, axis=-1)
    links = -_direction(angles) * (LINK * scale)[..., None]
    shoulders = states["position"][..., None, :]
    head = _direction(states["heading"] + states["yaw"])[..., None, :]
    front = shoulders + head * (np.array(HEAD) * scale)[..., None]
    flat = np.concatenate([front, shoulders, shoulders + np.cumsum(links, axis=-2)], axis=-2)
    half = np.array(scene.arena) / 2 - 2
    height = np.broadcast_to(HEIGHTS * scale, flat.shape[:-1]).copy()
    height[..., :2] += np.clip(states["raise"], -0.7, 2)[..., None] * [8.0, 3.0] * scale
    nodes = np.concatenate([np.clip(flat, -half, half), height[..., None]], axis=-1)
    for upper in range(1, scene.individuals):
        nodes[..., upper, :, 2] += _climb(nodes[..., :upper, : TAIL_BASE + 1, :], nodes[..., upper, :, :])
    return nodes


def _direction(angle: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def _climb(lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """How far nodes `upper` f64[..., node, 3] are lifted by the trunks `lower` f64[..., individual, node, 3], mm."""
    offset = upper[..., :, None, None, :2] - lower[..., None, :, :, :2]
    radii = RADII[: TAIL_BASE + 1]
    nearness = np.exp(-(offset**2).sum(axis=-1) / (1.5 * radii) ** 2)
    lift = (nearness * 0.8 * (lower[..., 2] + radii)[..., None, :, :]).max(axis=(-1, -2))
    padded = np.concatenate([lift[..., :1], lift, lift[..., -1:]], axis=-1)
    return np.minimum((padded[..., :-2] + padded[..., 1:-1] + padded[..., 2:]) / 3, MAX_CLIMB)


def _frame(nodes: np.ndarray, node: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors f64[..., 3] forwards and to the animal's left at a node."""
    forward = nodes[..., node - 1, :] - nodes[..., node + 1, :]
    forward = forward / np.linalg.norm(forward, axis=-1, keepdims=True)
    left = np.stack([-forward[..., 1], forward[..., 0], np.zeros(forward.shape[:-1])], axis=-1)
    return forward, left / np.linalg.norm(left, axis=-1, keepdims=True)


def keypoints(scene: Scene, nodes: np.ndarray) -> np.ndarray:
    """Positions f64[..., individual, keypoint, 3] (mm, order of KEYPOINTS) on the skin around the backbone `nodes`."""
    scale = scene.body_scales[:, None]
    up = np.array([0.0, 0.0, 1.0])
    forward, _ = _frame(nodes, 1)
    _, left_hip = _frame(nodes, 5)
    ear_left, ear_right = _ears(nodes, scale)
    hip = nodes[..., 5, :]
    return np.stack(
        [
            nodes[..., 0, :] + 2.0 * scale * forward,
            ear_left + 2.5 * scale * up,
            ear_right + 2.5 * scale * up,
            (nodes[..., 3, :] + nodes[..., 4, :]) / 2 + RADII[3:5].mean() * scale * up,
            hip + scale * (10.0 * left_hip + 7.5 * up),
            hip + scale * (-10.0 * left_hip + 7.5 * up),
            0.6 * nodes[..., TAIL_BASE, :] + 0.4 * nodes[..., TAIL_BASE + 1, :] + 2.0 * scale * up,
            nodes[..., -1, :],
        ],
        axis=-2,
    )


def _ears(nodes: np.ndarray, scale: np.ndarray) -> list[np.ndarray]:
    """Centres f64[..., 3] of the left and the right ear."""
    forward, left = _frame(nodes, 1)
    base = nodes[..., 1, :] + scale * (np.array([0.0, 0.0, 7.0]) - 4.0 * forward)
    return [base + side * 8.0 * scale * left for side in (1, -1)]


def points(scene: Scene, states: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """End points f64[..., individual, point, 3] (mm) of the capsules: trunk, tail, ears, eyes, feet (see `build`)."""
    scale = scene.body_scales[:, None]
    forward, left = _frame(nodes, 1)
    trunk, tail = _splines()
    inner = _ears(nodes, scale)
    ears = [ear + side * scale * (2.0 * left + [0, 0, 0.5]) for side, ear in zip((1, -1), inner, strict=True)]
    eyes = [nodes[..., 1, :] + scale * (6.5 * forward + 5.0 * side * left + [0, 0, 3.5]) for side in (1, -1)]
    feet = []
    for index, (node, side) in enumerate([(2, 1), (2, -1), (5, 1), (5, -1)]):
        ahead, across = _frame(nodes, node)
        swing = np.sin(states["phase"] + np.pi * (index in (1, 2)))[..., None]
        foot = nodes[..., node, :] + scale * ((9.0 * swing + 2.0) * ahead + side * RADII[node] * 0.85 * across)
        foot[..., 2] = nodes[..., node, 2] - scale[..., 0] * (HEIGHTS[node] - 2.0)
        feet += [foot, foot + 6.0 * scale * ahead]
    loose = np.stack([*ears, *inner, *eyes, *feet], axis=-2)
    return np.concatenate([trunk @ nodes, tail @ nodes, loose], axis=-2)


def build(scene: Scene, individual: int) -> Build:
    """The constant part of one animal."""
    scale = scene.body_scales[individual]
    head, body = (np.array(colour) for colour in COATS[scene.coats[individual % len(scene.coats)]])
    profile = PchipInterpolator(np.arange(len(RADII)), RADII)
    trunk, tail = len(TRUNK), len(TAIL)
    chain = [(i, i + 1) for i in range(trunk - 1)] + [(trunk + i, trunk + i + 1) for i in range(tail - 1)]
    first = trunk + tail
    loose = [(first, first + 2), (first + 1, first + 3), (first + 4,) * 2, (first + 5,) * 2]
    loose += [(first + 6 + 2 * i, first + 7 + 2 * i) for i in range(4)]

    rear = np.clip((TRUNK[:, None] - 2.2) / 0.6, 0, 1)  # the head's colour ends behind the shoulders
    nose = np.clip(1 - TRUNK[:, None] / 0.35, 0, 1)
    coat = (1 - nose) * ((1 - rear) * head + rear * body) + nose * (SKIN + 0.3 * head) / 1.3
    ear, skin = 0.5 * SKIN + 0.5 * head, 0.8 * SKIN + 0.2 * body
    colours = np.concatenate([coat, np.tile(skin, (tail, 1)), np.tile(ear, (4, 1)), np.full((2, 3), 0.04)])
    colours = np.concatenate([colours, np.tile(SKIN, (8, 1))])
    tail_radii = np.minimum(profile(TAIL), 2.4)
    radii = np.concatenate([profile(TRUNK), tail_radii, [4.6] * 4, [1.5] * 2, [2.2, 1.4] * 4])
    along = np.concatenate([TRUNK * 14, TAIL * 12, np.zeros(len(radii) - first)])
    ends = np.array(chain + loose)
    return Build(
        ends=ends,
        radii=(radii[ends] * scale).astype(np.float32),
        albedo=colours[ends].astype(np.float32),
        along=along[ends].astype(np.float32),
        fur=np.arange(len(ends)) < trunk - 1,
    )
