"""The backbone of a mouse: from its proportions and its posture to points, radii and local axes in space."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

BODY_LENGTH = 90.0  # mm from snout to tail base of a mouse of size 1 that stands straight
# Where the trunk is how wide: place from the snout (0) to the tail base (1), radius in mm.
PROFILE = {
    0: 2.2,
    0.05: 4.3,
    0.12: 7.0,
    0.20: 8.7,
    0.30: 8.8,
    0.42: 10.2,
    0.54: 12.0,
    0.66: 13.5,
    0.78: 14.0,
    0.88: 11.5,
    0.95: 7.4,
    1.0: 3.2,
}
NECK = 0.31  # the place where the head, which is rigid, begins
SPINE_LINKS, TAIL_LINKS = 14, 12
HEAD_PLACES = np.array([0, 0.035, 0.07, 0.11, 0.155, 0.20, 0.25])
PLACES = np.concatenate([HEAD_PLACES, np.linspace(NECK, 1, SPINE_LINKS + 1)])
_RADII = PchipInterpolator(list(PROFILE), list(PROFILE.values()))(PLACES)
# How much wider the trunk is of an animal that has no waist.
_ROOM = np.where((PLACES > 0.28) & (PLACES < 0.86), np.maximum(0.9 * max(PROFILE.values()) - _RADII, 0), 0)
_ROOM *= np.clip((PLACES - 0.28) / 0.2, 0, 1)
_TRUNK_SHARE = np.clip((PLACES - 0.25) / 0.2, 0, 1)  # the trunk is fat or thin, the head is large or small
_REAR = np.clip((PLACES - 0.5) / 0.25, 0, 1)  # the places of the hips
_MUZZLE = np.clip((0.21 - PLACES) / 0.12, 0, 1)
EYES = 0.12  # the place where the muzzle ends


@dataclass(frozen=True)
class Build:
    """The proportions of a mouse; 1 is an adult's except where a unit is given."""

    size: float = 1.0
    fat: float = 1.0  # width of the trunk
    even: float = 0.0  # 0: wide hips; 1: shoulders and flanks nearly as wide
    head: float = 1.0  # size of the head
    pointed: float = 1.0  # length of the muzzle
    blunt: float = 1.0  # width of the muzzle, relative to the rest of the head
    ear: float = 1.0
    ear_place: float = 0.205  # where along the animal ears are rooted
    foot: float = 1.0  # length of the hind feet
    rump: float = 1.0  # width of the hips, relative to the rest of the trunk
    ear_raised: float = 0.6  # rad above the side of the head that ears point to
    ear_turned: float = 0.5  # rad that their openings are turned from upwards to forwards
    ear_swept: float = 0.3  # how far ears lean back, of how far they stand out; alert animals turn them forwards
    tail_length: float = 80.0  # mm at size 1
    tail_radius: float = 1.9  # mm at the base at size 1


@dataclass(frozen=True, eq=False)
class Posture:
    """How a mouse holds itself. Angles in rad; a bend to the left, a pitch upwards is positive.

    `bend` and `pitch` f64[SPINE_LINKS] are the directions of the spine's links from the tail base to the neck, relative
    to the heading and to the floor; `head` f64[3] bend, pitch and roll of the head relative to the neck; `tail`
    f64[TAIL_LINKS, 2] the directions (bend, pitch) of the links of the tail, relative to the way back. `stretch` scales
    the length of the spine, `roll` turns the trunk about itself. `feet` f64[4, 3] is how far (left fore, right fore,
    left hind, right hind) heels stand ahead and to the side, mm at size 1, and by which angle toes point outwards,
    `raised` f64[2] how far the fore and the hind feet are above the floor, mm at size 1.
    """

    bend: np.ndarray
    pitch: np.ndarray
    head: np.ndarray
    tail: np.ndarray
    stretch: float
    roll: float
    feet: np.ndarray
    raised: np.ndarray


@dataclass(frozen=True, eq=False)
class Backbone:
    """Points of the trunk at PLACES, from the snout to the tail base, on the floor around (0, 0); mm.

    `points` f64[place, 3], `radii` f64[place] and `axes` f64[place, 3, 3]: unit vectors forwards, to the left and up.
    `tail` f64[TAIL_LINKS + 1, 3] and `tail_radii` begin at the tail base.
    """

    points: np.ndarray
    radii: np.ndarray
    axes: np.ndarray
    tail: np.ndarray
    tail_radii: np.ndarray

    def at(self, places: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Return points f64[n, 3]: `places` f64[n] moved by `offsets` f64[n, 3] along the axes, 1 being the radius."""
        index = np.interp(places, PLACES, np.arange(len(PLACES)))
        low = np.minimum(index.astype(int), len(PLACES) - 2)
        part = (index - low)[:, None]
        moved = self.points + np.einsum("nk,pkc->npc", offsets, self.axes * self.radii[:, None, None])
        rows = np.arange(len(low))
        return moved[rows, low] * (1 - part) + moved[rows, low + 1] * part


def directions(bend: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """Return unit vectors f64[..., 3]."""
    return np.stack([np.cos(bend) * np.cos(pitch), np.sin(bend) * np.cos(pitch), np.sin(pitch)], axis=-1)


def build_backbone(build: Build, posture: Posture, heading: float) -> Backbone:
    """Bend the backbone of a mouse whose rump heads for `heading` (rad from +X to +Y), and stand it on the floor."""
    length = BODY_LENGTH * build.size
    bend, pitch = posture.bend + heading, posture.pitch
    links = directions(bend, pitch) * (length * (1 - NECK) / SPINE_LINKS * posture.stretch)
    spine = np.concatenate([np.zeros((1, 3)), np.cumsum(links, axis=0)])[::-1]  # from the neck to the tail base
    bend, pitch = (_between(angles)[::-1] for angles in (bend, pitch))
    head_bend, head_pitch = bend[0] + posture.head[0], pitch[0] + posture.head[1]
    forward = directions(head_bend, head_pitch)
    muzzle = np.minimum(HEAD_PLACES - EYES, 0) * (build.pointed - 1)
    head = spine[0] + ((NECK - HEAD_PLACES - muzzle) * length * build.head)[:, None] * forward

    count = len(head)
    points = np.concatenate([head, spine])
    width = _TRUNK_SHARE * build.fat / np.sqrt(posture.stretch) + (1 - _TRUNK_SHARE) * build.head
    radii = (_RADII + build.even * _ROOM) * build.size * width
    radii *= 1 + (build.rump - 1) * _REAR + (build.blunt - 1) * _MUZZLE
    roll = np.concatenate([np.full(count, posture.head[2]), posture.roll * np.linspace(0.3, 1, len(spine))])
    axes = _axes(np.append(np.full(count, head_bend), bend), np.append(np.full(count, head_pitch), pitch), roll)
    points[:, 2] += (0.92 * radii - points[:, 2]).max()  # the lowest part touches the floor
    points[:, :2] -= points[count:, :2].mean(axis=0)
    tail_radii = build.size * build.tail_radius * np.linspace(1, 0.28, TAIL_LINKS + 1)
    return Backbone(points, radii, axes, _tail(build, posture, points[-1], heading, tail_radii), tail_radii)


def _between(angles: np.ndarray) -> np.ndarray:
    """Return angles at joints f64[n + 1] between those of links f64[n]."""
    return np.concatenate([angles[:1], (angles[1:] + angles[:-1]) / 2, angles[-1:]])


def _axes(bend: np.ndarray, pitch: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """Return axes f64[n, 3, 3] of bodies that head as `bend` and `pitch` say, turned about themselves by `roll`."""
    forward = directions(bend, pitch)
    left = np.stack([-np.sin(bend), np.cos(bend), 0 * bend], axis=-1)
    up = np.cross(forward, left)
    cos, sin = np.cos(roll)[:, None], np.sin(roll)[:, None]
    return np.stack([forward, cos * left + sin * up, cos * up - sin * left], axis=1)


def _tail(build: Build, posture: Posture, base: np.ndarray, heading: float, radii: np.ndarray) -> np.ndarray:
    """Place the tail: it leaves against the heading and sinks to the floor."""
    step = build.size * build.tail_length / TAIL_LINKS
    links = directions(posture.tail[:, 0] + heading + np.pi, posture.tail[:, 1]) * step
    tail = base + np.concatenate([np.zeros((1, 3)), np.cumsum(links, axis=0)])
    sunk = base[2] * (1 - np.exp(-np.arange(TAIL_LINKS + 1) / 2.5))
    tail[:, 2] = np.maximum(radii, tail[:, 2] - sunk)
    return tail
