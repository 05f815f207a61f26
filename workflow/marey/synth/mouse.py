"""A mouse in a posture: the solids that it is made of, what they are covered with, and keypoints on its skin."""

from dataclasses import dataclass

import numpy as np

from marey.synth.backbone import NECK, PLACES, TAIL_LINKS, Backbone, Build, Posture, build_backbone
from marey.synth.tracing import Solids

# Keypoints of a mouse from above, and where they are.
KEYPOINTS = {
    "snout": "tip of the nose",
    "left_ear": "middle of the left pinna",
    "right_ear": "middle of the right pinna",
    "neck": "back of the skull, in the middle",
    "upper_spine": "back between the shoulders",
    "body_centre": "middle of the back",
    "lower_spine": "back between the hips",
    "left_hip": "above the left hip, towards the flank",
    "right_hip": "above the right hip, towards the flank",
    "tail_base": "where the hairy body ends and the naked tail begins",
    "tail_middle": "half way along the tail",
    "tail_tip": "end of the tail",
}
FUR, SKIN, EAR, EYE, PAW, HARD = range(6)  # what a solid is covered with; HARD + k: with piece k of the gear
EAR_RADII = (6.4, 6.0)  # mm: half-axes of the pinna, outwards and along the head
EYE_PLACE, SHOULDERS, HIPS = 0.125, 0.44, 0.80
_EARS_AT = int(np.searchsorted(PLACES, 0.195))
_SIDES = np.array([1, -1])  # left, right
# Places on the trunk, and offsets forwards, to the left and up in units of its radius there: the eyes, the top of the
# skull, and the keypoints of the trunk in their order.
_MARKS = np.array(
    [
        (EYE_PLACE, 0, 0.72, 0.50),
        (EYE_PLACE, 0, -0.72, 0.50),
        (0.215, 0, 0, 0.85),
        (0, 1, 0, 0),
        (NECK + 0.01, 0, 0, 1),
        (0.47, 0, 0, 1),
        (0.64, 0, 0, 1),
        (HIPS, 0, 0, 1),
        (HIPS + 0.02, 0, 0.72, 0.62),
        (HIPS + 0.02, 0, -0.72, 0.62),
    ]
)
_EAR_ROOTS = np.array([(0, 0.70, 0.50), (0, -0.70, 0.50)])
_TRUNK_CONES = len(PLACES) - 1
SOLES = np.array([4.0, 4.0, 7.5, 7.5])  # mm from the wrist or the heel to where the toes begin
TOES = np.array([2.6, 2.6, 4.0, 4.0])  # mm
SPREAD = np.array([-0.5, 0, 0.5])  # rad: of the toes
_LEG_RADII = np.array([(4.0, 2.0), (4.0, 2.0), (7.0, 2.5), (7.0, 2.5)])
_SOLE_RADII = np.array([(1.7, 1.6), (1.7, 1.6), (2.0, 1.9), (2.0, 1.9)])
_TOE_RADII = np.array([(0.8, 0.6), (0.8, 0.6), (1.0, 0.7), (1.0, 0.7)])
FEET_CONES = 4 * (2 + len(SPREAD))  # the last cones of a figure: legs, soles, toes
TAIL_CONES = slice(_TRUNK_CONES, _TRUNK_CONES + TAIL_LINKS)
_COVER = np.repeat([FUR, SKIN, EYE, FUR, PAW, EAR], [_TRUNK_CONES, TAIL_LINKS, 2, 4, FEET_CONES - 4, 2]).astype(np.int8)


def _pairs(values: np.ndarray) -> np.ndarray:
    """Return the ends [n - 1, 2, ...] of the links of a chain [n, ...]."""
    return np.stack([values[:-1], values[1:]], axis=1)


_ALONG = np.concatenate(
    [
        *(_pairs(PLACES), _pairs(np.linspace(1, 2, TAIL_LINKS + 1)), np.zeros((2, 2))),
        np.repeat([SHOULDERS, HIPS], 4).reshape(4, 2),
        np.zeros((FEET_CONES - 4, 2)),
    ]
)


@dataclass(frozen=True, eq=False)
class Figure:
    """A mouse in a posture; mm.

    `solids`; `cover` i8[solid] what each is covered with; `along` f32[cone, 2] the places of the ends of cones, 0 to 1
    on the trunk and to 2 on the tail; `keypoints` f64[keypoint, 3]; `trunk` f64[place, 3] and `radii` f64[place] the
    balls along the trunk; `head` f64[4, 3] the top of the skull, and the head's axes forwards, to the left and up.
    """

    solids: Solids
    cover: np.ndarray
    along: np.ndarray
    keypoints: np.ndarray
    trunk: np.ndarray
    radii: np.ndarray
    head: np.ndarray


def pose(build: Build, posture: Posture, heading: float) -> Figure:
    """Pose a mouse around (0, 0) on the floor, whose rump heads for `heading` (rad from +X towards +Y)."""
    return cover_backbone(build, posture, build_backbone(build, posture, heading))


def cover_backbone(build: Build, posture: Posture, bone: Backbone) -> Figure:
    """Put flesh, ears, eyes and feet on the backbone of a mouse in a posture."""
    marks = bone.at(_MARKS[:, 0], _MARKS[:, 1:])
    ears = _ears(build, bone.at(np.full(2, build.ear_place), _EAR_ROOTS), bone.axes[_EARS_AT])
    feet, feet_radii = _feet(build, posture, bone)
    eyes = marks[:2]
    solids = Solids(
        np.concatenate([_pairs(bone.points), _pairs(bone.tail), np.stack([eyes, eyes], axis=1), feet]),
        np.concatenate(
            [_pairs(bone.radii), _pairs(bone.tail_radii), np.full((2, 2), 1.55 * build.size), feet_radii]
        ).astype(np.float32),
        ears,
    )
    tail = [_tail_base(bone), bone.tail[TAIL_LINKS // 2], bone.tail[-1]]
    keypoints = np.concatenate([marks[3:4], ears[:, 0], marks[4:], tail])
    head = np.concatenate([marks[2:3], bone.axes[_EARS_AT]])
    return Figure(solids, _COVER, _ALONG.astype(np.float32), keypoints, bone.points, bone.radii, head)


def _ears(build: Build, roots: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Place the ears as discs f64[2, 3, 3]: they stand out to the sides and up, and open forwards."""
    raised, turned = np.full(2, build.ear_raised), np.full(2, build.ear_turned)
    outwards = _unit(np.stack([np.full(2, -build.ear_swept), _SIDES * np.cos(raised), np.sin(raised)], axis=1))
    across = np.stack([np.cos(turned), -0.45 * _SIDES, np.sin(turned)], axis=1)
    across = _unit(across - (across * outwards).sum(axis=1, keepdims=True) * outwards)
    outwards, across = (
        half * way @ axes * build.size * build.ear for half, way in zip(EAR_RADII, (outwards, across), strict=True)
    )
    return np.stack([roots + 0.72 * outwards, outwards, across], axis=1)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)


def _feet(build: Build, posture: Posture, bone: Backbone) -> tuple[np.ndarray, np.ndarray]:
    """Place legs and feet as cones f64[FEET_CONES, 2, 3] with radii f64[FEET_CONES, 2], on the floor or raised."""
    index = np.searchsorted(PLACES, [SHOULDERS, SHOULDERS, HIPS, HIPS])
    side = np.tile(_SIDES, 2)[:, None]
    forward, left = bone.axes[index, 0], bone.axes[index, 1]
    ahead, aside, turn = posture.feet.T[..., None]
    heels = bone.points[index] + build.size * ahead * forward
    heels += side * (build.size * aside + 0.62 * bone.radii[index, None]) * left
    heels[:, 2] = (1.8 + posture.raised[[0, 0, 1, 1]]) * build.size
    hips = bone.points[index] + side * 0.45 * bone.radii[index, None] * left
    longer = build.size * np.array([1, 1, build.foot, build.foot])[:, None]
    level = _unit(forward * [1, 1, 0])
    outwards = side * np.stack([-level[:, 1], level[:, 0], 0 * level[:, 0]], axis=1)
    ways = np.cos(turn) * level + np.sin(turn) * outwards
    balls = heels + SOLES[:, None] * longer * ways
    toes = np.stack([np.cos(turn + spread) * level + np.sin(turn + spread) * outwards for spread in SPREAD])
    toes = balls + TOES[:, None] * longer * toes
    starts = np.concatenate([hips, heels, np.tile(balls, (len(SPREAD), 1))])
    stops = np.concatenate([heels, balls, toes.reshape(-1, 3)])
    radii = np.concatenate([_LEG_RADII, _SOLE_RADII, np.tile(_TOE_RADII, (len(SPREAD), 1))])
    return np.stack([starts, stops], axis=1), radii * build.size


def _tail_base(bone: Backbone) -> np.ndarray:
    """Place the keypoint where the tail leaves the last ball of the trunk, on its upper side."""
    step = np.linalg.norm(bone.tail[1] - bone.tail[0])
    return bone.tail[0] + (bone.tail[1] - bone.tail[0]) * min(bone.radii[-1] / step, 1) + [0, 0, bone.tail_radii[0]]
