"""The body of a mouse in any posture: proportions, the solids that it is made of, and keypoints on its skin."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from marey.synth.tracing import Solids

KEYPOINTS = (
    "snout",
    "left_ear",
    "right_ear",
    "neck",
    "upper_spine",
    "body_centre",
    "lower_spine",
    "left_hip",
    "right_hip",
    "tail_base",
    "tail_middle",
    "tail_tip",
)
BODY_LENGTH = 90.0  # mm from snout to tail base of a mouse of size 1 that stands straight

# Where the trunk is how wide: place from the snout (0) to the tail base (1), radius in mm.
PROFILE_PLACES = np.array([0, 0.05, 0.12, 0.20, 0.30, 0.42, 0.54, 0.66, 0.78, 0.88, 0.95, 1.0])
PROFILE_RADII = np.array([2.2, 4.3, 7.0, 8.7, 8.8, 10.2, 12.0, 13.5, 14.0, 11.5, 7.4, 3.2])
NECK, SHOULDERS, HIPS = 0.31, 0.44, 0.80  # places
HEAD_PLACES = np.array([0, 0.035, 0.07, 0.11, 0.155, 0.20, 0.25, NECK])  # where the cones of the head meet
SPINE_LINKS = 14
SPINE_PLACES = np.linspace(NECK, 1, SPINE_LINKS + 1)
TAIL_POINTS = 13
FUR, SKIN, EAR, EYE, HARD = range(5)  # what a solid is covered with; HARD + k: with piece k of the gear


@dataclass(frozen=True)
class Build:
    """The proportions of a mouse; 1 is an adult's except where a unit is given."""

    size: float = 1.0
    fat: float = 1.0  # width of the trunk
    head: float = 1.0  # size of the head
    pointed: float = 1.0  # length of the muzzle
    ear: float = 1.0
    ear_raised: float = 0.6  # rad above the side of the head that ears point to
    ear_turned: float = 0.5  # rad that their openings are turned from upwards to forwards
    tail_length: float = 80.0  # mm at size 1
    tail_radius: float = 1.9  # mm at the base at size 1


@dataclass(frozen=True, eq=False)
class Posture:
    """How a mouse holds itself. Angles in rad; a bend to the left, a pitch upwards is positive.

    `bend` and `pitch` f64[SPINE_LINKS] are the directions of the spine's links from the tail base to the neck, relative
    to the heading and to the floor; `tail` f64[12, 2] the directions (bend, pitch) of the links of the tail, relative
    to its opposite. `stretch` scales the length of the spine, `roll` f64 turns the trunk about itself. `feet` f64[4, 2]
    is how far (left fore, right fore, left hind, right hind) feet stand ahead and to the side, mm; `raised` f64[2] how
    far the fore and the hind feet hang above the floor.
    """

    bend: np.ndarray
    pitch: np.ndarray
    head: np.ndarray  # bend, pitch and roll of the head relative to the neck
    tail: np.ndarray
    stretch: float
    roll: float
    feet: np.ndarray
    raised: np.ndarray


@dataclass(frozen=True, eq=False)
class Figure:
    """A mouse in a posture, its body's middle at (0, 0) above the floor: mm.

    `solids`; `cover` i8[solid] what each is covered with; `along` f32[cone, 2] the places of the trunk's cones, 0 to 1,
    tail 1 to 2; `keypoints` f64[keypoint, 3]; `trunk` f64[point, 3] and `radii` f64[point] the balls along the trunk;
    `head` f64[4, 3] a place on the skull between the ears, and the head's axes forwards, to the left and up.
    """

    solids: Solids
    cover: np.ndarray
    along: np.ndarray
    keypoints: np.ndarray
    trunk: np.ndarray
    radii: np.ndarray
    head: np.ndarray


def _directions(bend: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """Return unit vectors f64[..., 3]."""
    return np.stack([np.cos(bend) * np.cos(pitch), np.sin(bend) * np.cos(pitch), np.sin(pitch)], axis=-1)


def _frames(forward: np.ndarray, bend: np.ndarray, roll: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the unit vectors f64[..., 3] to the left and up of bodies that head `forward`, turned by `roll`."""
    left = np.stack([-np.sin(bend), np.cos(bend), 0 * bend], axis=-1)
    up = np.cross(forward, left)
    cos, sin = np.cos(roll)[..., None], np.sin(roll)[..., None]
    return cos * left + sin * up, cos * up - sin * left


def pose(build: Build, posture: Posture, heading: float) -> Figure:
    """Pose a mouse whose rump heads for `heading` (rad from +X towards +Y)."""
    scale = build.size
    length = BODY_LENGTH * scale
    # the spine, from tail base to neck
    bend = posture.bend + heading
    links = _directions(bend, posture.pitch) * (length * (1 - NECK) / (SPINE_LINKS) * posture.stretch)
    spine = np.concatenate([np.zeros((1, 3)), np.cumsum(links, axis=0)])[::-1]  # from the neck to the tail base
    spine_bend = _between(bend)[::-1]
    spine_pitch = _between(posture.pitch)[::-1]
    # the head
    head_bend, head_pitch = spine_bend[0] + posture.head[0], spine_pitch[0] + posture.head[1]
    head_forward = _directions(head_bend, head_pitch)
    places = HEAD_PLACES[:-1]
    muzzle = np.where(places < 0.12, 0.12 + (places - 0.12) * build.pointed, places)
    ahead = (NECK - muzzle) * length * build.head
    head = spine[0] + ahead[:, None] * head_forward
    trunk = np.concatenate([head, spine])
    place = np.concatenate([places, SPINE_PLACES])
    profile = PchipInterpolator(PROFILE_PLACES, PROFILE_RADII)(place) * scale
    swell = np.clip((place - 0.25) / 0.2, 0, 1)  # the trunk is fat or thin, the head is large or small
    radii = profile * (swell * build.fat / np.sqrt(posture.stretch) + (1 - swell) * build.head)
    forward = np.concatenate([np.tile(head_forward, (len(head), 1)), _directions(spine_bend, spine_pitch)])
    all_bend = np.concatenate([np.full(len(head), head_bend), spine_bend])
    roll = np.concatenate([np.full(len(head), posture.head[2]), posture.roll * np.linspace(0.3, 1, len(spine))])
    left, up = _frames(forward, all_bend, roll)
    lift = (0.92 * radii - trunk[:, 2])[len(head) :].max()
    lift = max(lift, (0.9 * radii - trunk[:, 2]).max())
    trunk[:, 2] += lift
    shift = np.append(trunk[len(head) :, :2].mean(axis=0), 0)
    trunk -= shift
    tail = _tail(build, posture, trunk[-1], heading + posture.bend[0])
    tail_radii = scale * build.tail_radius * np.linspace(1, 0.28, TAIL_POINTS)
    parts = _Parts(build, trunk, radii, forward, left, up, place)
    return _assemble(parts, posture, tail, tail_radii)


def _between(angles: np.ndarray) -> np.ndarray:
    """Return angles at joints f64[n + 1] between those of links f64[n]."""
    return np.concatenate([angles[:1], (angles[1:] + angles[:-1]) / 2, angles[-1:]])


def _tail(build: Build, posture: Posture, base: np.ndarray, heading: float) -> np.ndarray:
    """Place the tail's points f64[TAIL_POINTS, 3]: it leaves against the heading and sinks to the floor."""
    step = build.size * build.tail_length / (TAIL_POINTS - 1)
    links = _directions(posture.tail[:, 0] + heading + np.pi, posture.tail[:, 1]) * step
    tail = base + np.concatenate([np.zeros((1, 3)), np.cumsum(links, axis=0)])
    rest = np.exp(-np.arange(TAIL_POINTS) / 2.5)
    floor = build.size * build.tail_radius * np.linspace(1, 0.3, TAIL_POINTS)
    tail[:, 2] = np.maximum(floor, tail[:, 2] - base[2] * (1 - rest))
    return tail


@dataclass(frozen=True, eq=False)
class _Parts:
    """The trunk with its local axes, [point, ...]."""

    build: Build
    trunk: np.ndarray
    radii: np.ndarray
    forward: np.ndarray
    left: np.ndarray
    up: np.ndarray
    place: np.ndarray

    def at(self, place: float, ahead: float = 0, left: float = 0, up: float = 0) -> np.ndarray:
        """Return the point at `place` of the backbone, moved by lengths in units of the radius there."""
        index = np.interp(place, self.place, np.arange(len(self.place)))
        low = int(index)
        high, part = min(low + 1, len(self.place) - 1), index - low

        def mixed(values: np.ndarray) -> np.ndarray:
            return values[low] * (1 - part) + values[high] * part

        radius = mixed(self.radii)
        return mixed(self.trunk) + radius * (
            ahead * mixed(self.forward) + left * mixed(self.left) + up * mixed(self.up)
        )


EAR_PLACE, EYE_PLACE = 0.195, 0.125
EAR_RADII = (6.4, 6.0)  # mm: half-axes of the pinna, outwards and along the head


def _ears(parts: _Parts) -> np.ndarray:
    """Place the ears as discs f64[2, 3, 3]: they stand out to the sides and up, and open forwards."""
    build, index = parts.build, int(np.searchsorted(parts.place, EAR_PLACE))
    axes = np.stack([parts.forward[index], parts.left[index], parts.up[index]])
    raised, turned = build.ear_raised, build.ear_turned
    scale = build.size * build.ear
    discs = []
    for side in (1, -1):
        outwards = _unit(np.array([-0.3, side * np.cos(raised), np.sin(raised)]))
        across = np.array([np.cos(turned), -0.45 * side, np.sin(turned)])
        across = _unit(across - (across @ outwards) * outwards)
        root = parts.at(EAR_PLACE + 0.01, 0, 0.70 * side, 0.50)
        centre = root + outwards @ axes * (EAR_RADII[0] * 0.72 * scale)
        discs.append([centre, outwards @ axes * EAR_RADII[0] * scale, across @ axes * EAR_RADII[1] * scale])
    return np.array(discs)


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def _feet(parts: _Parts, posture: Posture) -> tuple[np.ndarray, np.ndarray]:
    """Place the feet as cones f64[4, 2, 3] with radii f64[4, 2]."""
    ends, radii = [], []
    scale = parts.build.size
    for foot, (ahead, side) in enumerate(posture.feet * scale):
        fore, way = foot < 2, 1 if foot % 2 == 0 else -1
        place = SHOULDERS if fore else HIPS
        index = int(np.searchsorted(parts.place, place))
        forward, left = parts.forward[index].copy(), parts.left[index].copy()
        root = parts.trunk[index] + ahead * forward + way * (side + 0.62 * parts.radii[index]) * left
        height = 1.8 * scale + posture.raised[0 if fore else 1] * scale
        root[2] = height
        flat = np.append(forward[:2], 0) + 0.5 * way * np.append(left[:2], 0)
        flat /= max(np.linalg.norm(flat), 1e-6)
        ends.append([root, root + flat * (6.0 if fore else 11.0) * scale])
        radii.append([1.7 * scale, 1.3 * scale] if fore else [2.2 * scale, 1.9 * scale])
    return np.array(ends), np.array(radii)


def _tail_base(tail: np.ndarray, tail_radii: np.ndarray, hairy: float) -> np.ndarray:
    """Place the keypoint where the tail leaves the hairy body, `hairy` mm behind the end of the backbone."""
    step = np.linalg.norm(tail[1] - tail[0])
    return tail[0] + (tail[1] - tail[0]) * min(hairy / step, 1) + [0, 0, tail_radii[0]]


def _assemble(parts: _Parts, posture: Posture, tail: np.ndarray, tail_radii: np.ndarray) -> Figure:
    """Make the figure of the trunk, tail, eyes, feet and ears."""
    scale = parts.build.size
    feet, feet_radii = _feet(parts, posture)
    eyes = np.stack([parts.at(EYE_PLACE, 0, 0.72 * side, 0.50) for side in (1, -1)])
    ears = _ears(parts)
    chains = [(parts.trunk, parts.radii), (tail, tail_radii)]
    ends = [np.stack([points[:-1], points[1:]], axis=1) for points, _ in chains]
    radii = [np.stack([size[:-1], size[1:]], axis=1) for _, size in chains]
    ends += [np.stack([eyes, eyes], axis=1), feet]
    radii += [np.full((2, 2), 1.55 * scale), feet_radii]
    trunk, links = len(parts.trunk) - 1, len(tail) - 1
    cover = np.repeat([FUR, SKIN, EYE, SKIN, EAR], [trunk, links, 2, 4, 2]).astype(np.int8)
    tail_place = 1 + np.arange(len(tail)) / links
    along = np.concatenate(
        [
            np.stack([parts.place[:-1], parts.place[1:]], axis=1),
            np.stack([tail_place[:-1], tail_place[1:]], axis=1),
            np.zeros((6, 2)),
        ]
    )
    keypoints = np.stack(
        [
            parts.at(0, 1),
            *ears[:, 0],
            parts.at(NECK + 0.01, 0, 0, 1),
            parts.at(0.47, 0, 0, 1),
            parts.at(0.64, 0, 0, 1),
            parts.at(HIPS, 0, 0, 1),
            parts.at(HIPS + 0.02, 0, 0.72, 0.62),
            parts.at(HIPS + 0.02, 0, -0.72, 0.62),
            _tail_base(tail, tail_radii, parts.radii[-1]),
            tail[links // 2],
            tail[-1],
        ]
    )
    solids = Solids(np.concatenate(ends), np.concatenate(radii).astype(np.float32), ears)
    index = int(np.searchsorted(parts.place, EAR_PLACE))
    head = np.stack([parts.at(EAR_PLACE + 0.02, 0, 0, 0.85), parts.forward[index], parts.left[index], parts.up[index]])
    return Figure(solids, cover, along.astype(np.float32), keypoints, parts.trunk, parts.radii, head)
