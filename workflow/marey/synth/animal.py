"""The mice of a scene: their looks, and from their states their figures."""

import numpy as np

from marey.synth import mouse
from marey.synth.backbone import NECK, SPINE_LINKS, TAIL_LINKS, Build, Posture
from marey.synth.coats import Coat
from marey.synth.groups import drape, into_arena, moved
from marey.synth.mouse import SHOULDERS, Figure
from marey.synth.scene import COAT_COLORS, Scene

KEYPOINTS = ("snout", "left_ear", "right_ear", "body_centre", "left_hip", "right_hip", "tail_base", "tail_tip")
_CHOSEN = [list(mouse.KEYPOINTS).index(name) for name in KEYPOINTS]
SKIN_COLOR = np.array([0.62, 0.45, 0.41])  # feet and tail, and most of the ears
EYE_COLOR = np.full(3, 0.03)
_TRUNK = 4  # links of the trunk in a state; those behind are the tail's
# Where on the trunk the middles of the links are: of a state's, from the shoulders; of the spine, from the tail base.
_STATE_PLACES = SHOULDERS + (1 - SHOULDERS) * (np.arange(_TRUNK) + 0.5) / _TRUNK
_SPINE_PLACES = 1 - (1 - NECK) * (np.arange(SPINE_LINKS) + 0.5) / SPINE_LINKS
_ARCH = np.interp(_SPINE_PLACES, [NECK, 0.6, 0.8, 0.95], [-0.1, 0, 0.3, 0.5])  # rad, upwards


def build_coat(scene: Scene, individual: int) -> Coat:
    """Build the coat of one animal."""
    head, body = (np.array(colour) for colour in COAT_COLORS[scene.coats[individual % len(scene.coats)]])
    hooded = np.abs(head - body).max() > 0.2
    shift = scene.generator("hair", individual).integers(0, 512, 2)
    return Coat(
        fur=head if hooded else body,
        second=body,
        skin=0.8 * SKIN_COLOR + 0.2 * body,
        paw=0.8 * SKIN_COLOR + 0.2 * body,
        tail=(1.0, 1.0),
        ear=0.5 * SKIN_COLOR + 0.5 * head,
        eye=EYE_COLOR,
        pattern="hooded" if hooded else "plain",
        mark="none",
        dye=head,
        spot=(0.5, 0.0),
        hair=1.0,
        streaks=0.12,
        relief=1.0,
        smooth=0.0,
        gloss=0.02,
        shift=(int(shift[0]), int(shift[1])),
        threshold=-1.0,
    )


def figures(scene: Scene, states: np.ndarray) -> list[Figure]:
    """Place the animals of the states STATE_DTYPE[individual]; one that meets one of a lower number climbs over it."""
    placed: list[Figure] = []
    for state, size in zip(states, scene.body_scales, strict=True):
        figure = mouse.pose(Build(size=size), _posture(state), 0.0)
        shoulders = np.array([np.interp(SHOULDERS, mouse.PLACES, axis) for axis in figure.trunk.T[:2]])
        figure = into_arena(moved(figure, np.append(state["position"] - shoulders, 0)), scene.arena)
        placed.append(drape(figure, placed))
    return placed


def keypoint_positions(scene: Scene, states: np.ndarray) -> np.ndarray:
    """Place the keypoints f64[individual, keypoint, 3] (mm, order of KEYPOINTS) of the states."""
    return np.stack([figure.keypoints[_CHOSEN] for figure in figures(scene, states)])


def _posture(state: np.void) -> Posture:
    """Read how an animal holds itself; directions relative to +X, since states have their own heading."""
    angles = state["heading"] - np.cumsum(state["bend"])
    wave = 0.10 * np.sin(state["phase"] - 0.9 * np.arange(len(angles) - _TRUNK)) + 0.09 * state["sway"]
    trunk, tail = angles[:_TRUNK], angles[_TRUNK:] + np.cumsum(wave)
    places = np.concatenate([[SHOULDERS], _STATE_PLACES])
    bend = np.interp(_SPINE_PLACES, places, np.concatenate([[state["heading"]], trunk]))
    along = (np.arange(TAIL_LINKS) + 0.5) / TAIL_LINKS
    tail = np.interp(along, (np.arange(len(tail)) + 0.5) / len(tail), tail)
    swing = np.sin(state["phase"] + np.pi * np.array([0, 1, 1, 0]))
    return Posture(
        bend=bend,
        pitch=_ARCH,
        head=np.array([state["yaw"], -0.2 + 0.3 * np.clip(state["raise"], -1, 1.5), 0.0]),
        tail=np.stack([tail, 0 * tail], axis=1),
        stretch=1.0,
        roll=0.0,
        feet=np.stack([9.0 * swing + 1, np.zeros(4), np.full(4, 0.46)], axis=1),
        raised=np.zeros(2),
    )
