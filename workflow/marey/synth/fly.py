"""A fly in a posture: the solids that it is made of, its wings, and keypoints on it.

Its world is enlarged 36 times: a fly of 2.5 mm is 90 mm long, as a mouse is, and cameras, floors and lamps serve both.
"""

from dataclasses import dataclass

import numpy as np

from marey.synth.mouse import EYE, FUR, SKIN
from marey.synth.tracing import Solids

# Keypoints of a fly from above, and where they are: the 13 that SLEAP's flies have, by its names.
KEYPOINTS = {
    "head": "front of the head, in the middle above the antennae",
    "thorax": "rear end of the thorax, in the middle (scutellum)",
    "abdomen": "rear end of the abdomen, on its upper side",
    "wingL": "tip of the left wing",
    "wingR": "tip of the right wing",
    "forelegL4": "end of the left fore leg",
    "forelegR4": "end of the right fore leg",
    "midlegL4": "end of the left middle leg",
    "midlegR4": "end of the right middle leg",
    "hindlegL4": "end of the left hind leg",
    "hindlegR4": "end of the right hind leg",
    "eyeL": "middle of the left eye, as seen from above",
    "eyeR": "middle of the right eye, as seen from above",
}
# Of the body of a fly of size 1: forwards, up, radius, mm; the head's balls lie to either side.
HEAD, EYES, NECK_ROOT = (37.0, 19.0, 7.5), (36.0, 20.0, 5.8), (27.0, 19.0, 4.5)
HEAD_SIDE, EYE_SIDE = 5.0, 8.7  # mm aside
THORAX = np.array([(22.0, 19.5, 10.5), (8.0, 20.0, 12.3), (-2.0, 24.0, 6.5), (-5.0, 25.0, 3.5)])
ABDOMEN = np.array(
    [(-4.0, 18.0, 10.5), (-12.0, 18.0, 13.2), (-24.0, 16.5, 13.4), (-35.0, 15.0, 9.8), (-41.5, 14.0, 4.5)]
)
ABDOMEN_FROM = 0.55  # the place along the animal where the abdomen begins; the thorax begins at HEAD_TO
HEAD_TO = 0.17
# Of fore, middle and hind legs: where they are rooted (forwards, aside, up), where their ends stand (forwards, aside),
# lengths of femur, tibia, and of the tarsus as far as it lies on the floor; mm.
COXAE = np.array([(23.0, 6.5, 12.0), (13.0, 8.5, 11.0), (4.0, 8.5, 11.0)])
FEET = np.array([(45.0, 18.0), (14.0, 42.0), (-25.0, 33.0)])
SEGMENTS = np.array([(19.0, 17.0, 11.0), (21.0, 20.0, 13.0), (22.0, 23.0, 14.0)])
LEG_RADII = np.array([(2.4, 1.7), (1.6, 1.1), (1.0, 0.7)])
HINGE = (10.0, 8.0, 28.0)  # of the left wing
WING_LENGTH, WING_WIDTH = 78.0, 16.0  # mm; half the width
_SIDES = np.array([1, -1])


@dataclass(frozen=True)
class FlyBuild:
    """The proportions of a fly; 1 is usual."""

    size: float = 1.0
    fat: float = 1.0  # width of the abdomen
    long: float = 1.0  # length of the abdomen
    eye: float = 1.0
    wing: float = 1.0
    leg: float = 1.0  # thickness


@dataclass(frozen=True, eq=False)
class FlyPosture:
    """How a fly holds itself; angles in rad.

    `head` f64[2] is turned to the left and up, `abdomen` f64[2] to the left and down, `wings` f64[2] (left, right) are
    spread from straight back, `roll` turns the body about itself. `feet` f64[side, leg, 3] is where legs end: forwards,
    outwards and up, mm at size 1.
    """

    head: np.ndarray
    abdomen: np.ndarray
    wings: np.ndarray
    roll: float
    feet: np.ndarray


@dataclass(frozen=True, eq=False)
class FlyFigure:
    """A fly in a posture; mm.

    `solids`; `cover` i8[solid] what each is covered with; `along` f32[cone, 2] the places of the ends of cones, 0 at
    the head to 1 at the end of the abdomen; `keypoints` f64[keypoint, 3]; `trunk` f64[ball, 3] and `radii` f64[ball]
    the balls of the body; `wings` f64[2, 3, 3] middle and half-axes of the wings, along and to the front.
    """

    solids: Solids
    cover: np.ndarray
    along: np.ndarray
    keypoints: np.ndarray
    trunk: np.ndarray
    radii: np.ndarray
    wings: np.ndarray


def pose_fly(build: FlyBuild, posture: FlyPosture, heading: float, at: np.ndarray) -> FlyFigure:
    """Pose a fly that heads for `heading` (rad from +X towards +Y) with its middle above `at` f64[3], mm."""
    abdomen, belly = _abdomen(build, posture)
    head, eyes, antennae = _head(posture)
    thorax = np.insert(THORAX[:, :2], 1, 0, axis=1)
    neck = np.array([(NECK_ROOT[0], 0, NECK_ROOT[1]), head.mean(axis=0)])
    cones = [  # ends, radii, cover, places
        (head[None], [(HEAD[2], HEAD[2])], FUR, [(0.1, 0.1)]),
        (eyes, np.full((2, 2), EYES[2] * build.eye), EYE, [(0.1, 0.1)] * 2),
        (antennae, np.full((2, 2), 1.3), FUR, [(0.02, 0.0)] * 2),
        (neck[None], [(NECK_ROOT[2], NECK_ROOT[2])], FUR, [(HEAD_TO, 0.15)]),
        (_links(thorax), _links(THORAX[:, 2]), FUR, _links(np.linspace(HEAD_TO + 0.02, ABDOMEN_FROM - 0.01, 4))),
        (_links(abdomen), _links(belly), FUR, _links(np.linspace(ABDOMEN_FROM, 1, len(abdomen)))),
    ]
    wings = _wings(build, posture)
    cosine, sine = np.cos(posture.roll), np.sin(posture.roll)
    roll = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    turn = np.array([[np.cos(heading), -np.sin(heading), 0], [np.sin(heading), np.cos(heading), 0], [0, 0, 1]])

    def rolled(points: np.ndarray) -> np.ndarray:
        return (points - [0, 0, 18]) @ roll.T + [0, 0, 18]

    legs = _legs(posture, rolled(COXAE * np.array([[[1, 1, 1]], [[1, -1, 1]]])))
    ends = np.concatenate([*(rolled(np.asarray(cone[0])) for cone in cones), legs.reshape(-1, 2, 3)])
    radii = np.concatenate([*(np.asarray(cone[1]) for cone in cones), np.tile(LEG_RADII * build.leg, (6, 1))])
    count = len(ends) - 18
    places = np.concatenate([*(np.asarray(cone[3]) for cone in cones), np.full((18, 2), 0.4)])
    cover = np.repeat([*(cone[2] for cone in cones), SKIN], [*(len(cone[0]) for cone in cones), 18])
    top = [head.mean(axis=0) + np.array([5.5, 0, 5.0]), thorax[3] + [0, 0, 3], abdomen[-1] + [0, 0, belly[-1]]]
    outer = eyes.mean(axis=1) + np.array([(0, 0.55, 0.75), (0, -0.55, 0.75)]) * EYES[2] * build.eye
    marks = rolled(np.concatenate([top, wings[:, 0] + wings[:, 1], outer]))
    feet = legs[:, :, 2, 1].swapaxes(0, 1).reshape(6, 3)  # left and right, fore to hind
    keypoints = np.concatenate([marks[:5], feet, marks[5:]])

    def placed(points: np.ndarray) -> np.ndarray:
        return points @ turn.T * build.size + at

    turned = wings.copy()
    turned[:, 0] = placed(rolled(wings[:, 0]))
    turned[:, 1:] = wings[:, 1:] @ roll.T @ turn.T * build.size
    body = placed(ends[:count])
    return FlyFigure(
        Solids(placed(ends), (radii * build.size).astype(np.float32), np.zeros((0, 3, 3))),
        cover.astype(np.int8),
        places.astype(np.float32),
        placed(keypoints),
        body.mean(axis=1),
        radii[:count].mean(axis=1) * build.size,
        turned,
    )


def _links(values: np.ndarray) -> np.ndarray:
    """Return the ends [n - 1, 2, ...] of the links of a chain [n, ...]."""
    return np.stack([values[:-1], values[1:]], axis=1)


def _abdomen(build: FlyBuild, posture: FlyPosture) -> tuple[np.ndarray, np.ndarray]:
    """Bend the abdomen: points f64[n, 3] and radii f64[n]."""
    steps = np.diff(ABDOMEN[:, 0]) * build.long
    along = np.linspace(0.3, 1, len(steps))
    aside, down = posture.abdomen[:, None] * along
    sunk = np.diff(ABDOMEN[:, 1]) + steps * np.sin(down)
    links = np.stack([steps * np.cos(aside) * np.cos(down), steps * np.sin(aside), sunk], axis=1)
    points = np.array([ABDOMEN[0, 0], 0, ABDOMEN[0, 1]]) + np.concatenate([np.zeros((1, 3)), np.cumsum(links, axis=0)])
    return points, ABDOMEN[:, 2] * np.concatenate([[1], np.full(len(steps), build.fat)])


def _head(posture: FlyPosture) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn the head about the neck: ends of the skull f64[2, 3], of the eyes f64[2, 2, 3], of antennae f64[2, 2, 3]."""
    yaw, pitch = posture.head
    root = np.array([NECK_ROOT[0] + 4, 0, NECK_ROOT[1]])
    turn = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    nod = np.array([[np.cos(pitch), 0, -np.sin(pitch)], [0, 1, 0], [np.sin(pitch), 0, np.cos(pitch)]])

    def turned(points: list) -> np.ndarray:
        return (np.array(points) - root) @ (turn @ nod).T + root

    skull = [(HEAD[0], side * HEAD_SIDE, HEAD[1]) for side in _SIDES]
    eyes = [[(EYES[0] + step, side * EYE_SIDE, EYES[1] + step / 3) for step in (-2.5, 2.5)] for side in _SIDES]
    antennae = [[(43.5, side * 2.0, 19.0), (46.5, side * 3.2, 16.0)] for side in _SIDES]
    return turned(skull), turned(eyes), turned(antennae)


def _wings(build: FlyBuild, posture: FlyPosture) -> np.ndarray:
    """Spread the wings: f64[2, 3, 3], middle and half-axes; the right one lies upon the left one."""
    wings = []
    for side, angle, lift in zip(_SIDES, posture.wings, (0.0, 1.5), strict=True):
        along = np.array([-np.cos(angle), side * np.sin(angle), -0.06])
        front = np.array([np.sin(angle), side * np.cos(angle), 0.1 * np.sin(angle)])
        hinge = np.array(HINGE) * [1, side, 1] + [0, 0, lift]
        half = along * WING_LENGTH * build.wing / 2
        wings.append([hinge + half, half, front * WING_WIDTH * build.wing])
    return np.array(wings)


def _legs(posture: FlyPosture, coxae: np.ndarray) -> np.ndarray:
    """Bend the legs from `coxae` f64[side, leg, 3] to the feet: ends f64[side, leg, segment, 2, 3], knees up."""
    feet = posture.feet * _SIDES[:, None, None] ** np.array([0, 1, 0])
    way = feet - coxae
    flat = way * [1, 1, 0]
    out = flat / np.maximum(np.linalg.norm(flat, axis=-1, keepdims=True), 1e-6)
    femur, tibia, tarsus = SEGMENTS.T[..., None]
    ankle = feet - out * tarsus + [0, 0, 2.5]
    reach = ankle - coxae
    far = np.linalg.norm(reach, axis=-1, keepdims=True)
    there = reach / np.maximum(far, 1e-6)
    span = np.clip(far, abs(femur - tibia) + 0.5, femur + tibia - 0.5)
    ankle = coxae + there * span
    first = (femur**2 - tibia**2 + span**2) / (2 * span)
    up = np.array([0, 0, 1.0]) - there * there[..., 2:]
    up /= np.maximum(np.linalg.norm(up, axis=-1, keepdims=True), 1e-6)
    knee = coxae + there * first + up * np.sqrt(np.maximum(femur**2 - first**2, 0))
    return np.stack([np.stack([coxae, knee], -2), np.stack([knee, ankle], -2), np.stack([ankle, feet], -2)], axis=2)
