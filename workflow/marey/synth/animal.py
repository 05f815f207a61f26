"""The body of a mouse: keypoints on its skin, and the capsules that its image is made of."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from marey.synth.motion import LINK_LENGTHS
from marey.synth.scene import COAT_COLORS, Scene

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

# The backbone from front to back: snout, head, shoulders, three of the trunk, tail base, seven of the tail; mm.
NODE_RADII = np.array([2.8, 8.0, 9.5, 12.0, 14.5, 13.0, 5.5, 1.9, 1.8, 1.6, 1.4, 1.2, 1.0, 0.8])
NODE_HEIGHTS = np.array([7.0, 10.0, 11.5, 13.0, 15.0, 13.5, 9.0, 6.0, 4.0, 3.0, 2.5, 2.2, 2.0, 1.8])
HEAD_LENGTHS = (30.0, 15.0)  # mm from the shoulders to the snout and to the middle of the head
TAIL_BASE_NODE = 6
TRUNK_PLACES = np.linspace(0, TAIL_BASE_NODE, 14)  # where on the backbone the trunk's capsules meet
TAIL_PLACES = np.linspace(TAIL_BASE_NODE, 13, 12)
SKIN_COLOR = np.array([0.62, 0.45, 0.41])  # ears, feet and tail
MAX_CLIMB = 22.0  # mm that one animal is lifted when it walks over others


@dataclass(frozen=True, eq=False)
class Body:
    """What is constant about one animal: capsules between pairs of points, with their looks at either end.

    `ends` i64[capsule, 2] index the points of `capsule_ends`; `radii` f32[capsule, 2] mm; `albedo` f32[capsule, 2, 3];
    `along` f32[capsule, 2]: place along the animal that hair is anchored to, mm; `fur` bool[capsule]: is hairy.
    """

    ends: np.ndarray
    radii: np.ndarray
    albedo: np.ndarray
    along: np.ndarray
    fur: np.ndarray


@lru_cache
def _splines() -> tuple[np.ndarray, np.ndarray]:
    """Return matrices from backbone nodes to the points of trunk and tail: a cubic spline is linear in its nodes."""
    nodes = np.arange(len(NODE_RADII))
    identity = np.eye(len(NODE_RADII))
    tail = slice(TAIL_BASE_NODE, None)
    return CubicSpline(nodes, identity)(TRUNK_PLACES), CubicSpline(nodes[tail], identity[tail])(TAIL_PLACES)


def backbone_nodes(scene: Scene, states: np.ndarray) -> np.ndarray:
    """Place the backbone nodes f64[..., individual, node, 3] (mm) of the states STATE_DTYPE[..., individual].

    An animal that meets one of a lower number climbs over it; nodes stay inside the arena.
    """
    scale = scene.body_scales[:, None]
    angles = states["heading"][..., None] - np.cumsum(states["bend"], axis=-1)
    wave = 0.10 * np.sin(states["phase"][..., None] - 0.9 * np.arange(7)) + 0.09 * states["sway"][..., None]
    angles[..., 4:] += np.cumsum(wave, axis=-1)
    links = -_direction(angles) * (LINK_LENGTHS * scale)[..., None]
    shoulders = states["position"][..., None, :]
    head = _direction(states["heading"] + states["yaw"])[..., None, :]
    front = shoulders + head * (np.array(HEAD_LENGTHS) * scale)[..., None]
    flat = np.concatenate([front, shoulders, shoulders + np.cumsum(links, axis=-2)], axis=-2)
    half = np.array(scene.arena) / 2 - 2
    height = np.broadcast_to(NODE_HEIGHTS * scale, flat.shape[:-1]).copy()
    height[..., :2] += np.clip(states["raise"], -0.7, 2)[..., None] * [8.0, 3.0] * scale
    nodes = np.concatenate([np.clip(flat, -half, half), height[..., None]], axis=-1)
    for upper in range(1, scene.individuals):
        nodes[..., upper, :, 2] += _climb(nodes[..., :upper, : TAIL_BASE_NODE + 1, :], nodes[..., upper, :, :])
    return nodes


def _direction(angle: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def _climb(lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Compute by how many mm nodes `upper` f64[..., node, 3] climb on trunks `lower` f64[..., individual, node, 3]."""
    offset = upper[..., :, None, None, :2] - lower[..., None, :, :, :2]
    radii = NODE_RADII[: TAIL_BASE_NODE + 1]
    nearness = np.exp(-(offset**2).sum(axis=-1) / (1.5 * radii) ** 2)
    lift = (nearness * 0.8 * (lower[..., 2] + radii)[..., None, :, :]).max(axis=(-1, -2))
    padded = np.concatenate([lift[..., :1], lift, lift[..., -1:]], axis=-1)
    return np.minimum((padded[..., :-2] + padded[..., 1:-1] + padded[..., 2:]) / 3, MAX_CLIMB)


def _frame(nodes: np.ndarray, node: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the unit vectors f64[..., 3] forwards and to the animal's left at a node."""
    forward = nodes[..., node - 1, :] - nodes[..., node + 1, :]
    forward = forward / np.linalg.norm(forward, axis=-1, keepdims=True)
    left = np.stack([-forward[..., 1], forward[..., 0], np.zeros(forward.shape[:-1])], axis=-1)
    return forward, left / np.linalg.norm(left, axis=-1, keepdims=True)


def keypoint_positions(scene: Scene, nodes: np.ndarray) -> np.ndarray:
    """Place the keypoints f64[..., individual, keypoint, 3] (mm, order of KEYPOINTS) on the skin around the backbone.

    `nodes` f64[..., individual, node, 3], mm, as from `backbone_nodes`.
    """
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
            (nodes[..., 3, :] + nodes[..., 4, :]) / 2 + NODE_RADII[3:5].mean() * scale * up,
            hip + scale * (10.0 * left_hip + 7.5 * up),
            hip + scale * (-10.0 * left_hip + 7.5 * up),
            0.6 * nodes[..., TAIL_BASE_NODE, :] + 0.4 * nodes[..., TAIL_BASE_NODE + 1, :] + 2.0 * scale * up,
            nodes[..., -1, :],
        ],
        axis=-2,
    )


def _ears(nodes: np.ndarray, scale: np.ndarray) -> list[np.ndarray]:
    """Return the centres f64[..., 3] of the left and the right ear."""
    forward, left = _frame(nodes, 1)
    base = nodes[..., 1, :] + scale * (np.array([0.0, 0.0, 7.0]) - 4.0 * forward)
    return [base + side * 8.0 * scale * left for side in (1, -1)]


def capsule_ends(scene: Scene, states: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Place the end points f64[..., individual, point, 3] (mm) of the capsules: trunk, tail, ears, eyes, feet.

    `states` STATE_DTYPE[..., individual], `nodes` as from `backbone_nodes`; which points are a capsule says
    `build_body`.
    """
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
        foot = nodes[..., node, :] + scale * ((9.0 * swing + 2.0) * ahead + side * NODE_RADII[node] * 0.85 * across)
        foot[..., 2] = nodes[..., node, 2] - scale[..., 0] * (NODE_HEIGHTS[node] - 2.0)
        feet += [foot, foot + 6.0 * scale * ahead]
    loose = np.stack([*ears, *inner, *eyes, *feet], axis=-2)
    return np.concatenate([trunk @ nodes, tail @ nodes, loose], axis=-2)


def build_body(scene: Scene, individual: int) -> Body:
    """Build the constant part of one animal."""
    scale = scene.body_scales[individual]
    head, body = (np.array(colour) for colour in COAT_COLORS[scene.coats[individual % len(scene.coats)]])
    profile = PchipInterpolator(np.arange(len(NODE_RADII)), NODE_RADII)
    trunk, tail = len(TRUNK_PLACES), len(TAIL_PLACES)
    chain = [(i, i + 1) for i in range(trunk - 1)] + [(trunk + i, trunk + i + 1) for i in range(tail - 1)]
    first = trunk + tail
    loose = [(first, first + 2), (first + 1, first + 3), (first + 4,) * 2, (first + 5,) * 2]
    loose += [(first + 6 + 2 * i, first + 7 + 2 * i) for i in range(4)]

    rear = np.clip((TRUNK_PLACES[:, None] - 2.2) / 0.6, 0, 1)  # the head's colour ends behind the shoulders
    nose = np.clip(1 - TRUNK_PLACES[:, None] / 0.35, 0, 1)
    coat = (1 - nose) * ((1 - rear) * head + rear * body) + nose * (SKIN_COLOR + 0.3 * head) / 1.3
    ear, skin = 0.5 * SKIN_COLOR + 0.5 * head, 0.8 * SKIN_COLOR + 0.2 * body
    colours = np.concatenate([coat, np.tile(skin, (tail, 1)), np.tile(ear, (4, 1)), np.full((2, 3), 0.04)])
    colours = np.concatenate([colours, np.tile(SKIN_COLOR, (8, 1))])
    tail_radii = np.minimum(profile(TAIL_PLACES), 2.4)
    radii = np.concatenate([profile(TRUNK_PLACES), tail_radii, [4.6] * 4, [1.5] * 2, [2.2, 1.4] * 4])
    along = np.concatenate([TRUNK_PLACES * 14, TAIL_PLACES * 12, np.zeros(len(radii) - first)])
    ends = np.array(chain + loose)
    return Body(
        ends=ends,
        radii=(radii[ends] * scale).astype(np.float32),
        albedo=colours[ends].astype(np.float32),
        along=along[ends].astype(np.float32),
        fur=np.arange(len(ends)) < trunk - 1,
    )
