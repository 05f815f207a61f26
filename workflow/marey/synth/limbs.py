"""Limbs of a mouse, as one sees them from the side: joints between hip or shoulder and the paws."""

from dataclasses import dataclass, replace

import numpy as np

from marey.synth.backbone import PLACES, Backbone
from marey.synth.mouse import FEET_CONES, FUR, HIPS, PAW, SHOULDERS, Figure
from marey.synth.tracing import Solids

LEFT_FORE, RIGHT_FORE, LEFT_HIND, RIGHT_HIND = range(4)
SIDES = np.array([1, -1, 1, -1])  # of the limbs: left, right
LENGTHS = np.array([(10.5, 13.0), (10.5, 13.0), (15.0, 16.5), (15.0, 16.5)])  # mm: upper and lower limb
SOLES = np.array([5.0, 5.0, 11.0, 11.0])  # mm from the wrist or the heel to where the toes begin
TOES = np.array([3.5, 3.5, 6.0, 6.0])  # mm
# Radii of upper limb, lower limb, sole and toes at either end, mm.
_FORE_RADII = ((5.0, 3.8), (3.3, 1.8), (1.7, 1.7), (0.9, 0.7))
_HIND_RADII = ((9.0, 5.6), (5.0, 2.2), (2.0, 1.9), (1.1, 0.9))
RADII = np.array([_FORE_RADII, _FORE_RADII, _HIND_RADII, _HIND_RADII])
SPREAD = (-0.4, 0.0, 0.4)  # rad: of the toes
_PLACES = np.array([SHOULDERS, SHOULDERS, HIPS, HIPS])
_AT = np.searchsorted(PLACES, _PLACES)


@dataclass(frozen=True, eq=False)
class Stance:
    """Where a mouse's paws are; in the order left fore, right fore, left hind, right hind.

    `paws` f64[4, 3] (mm, in the world) is where toes begin, `raised` f64[4] the angle (rad) of soles with the floor.
    """

    paws: np.ndarray
    raised: np.ndarray


@dataclass(frozen=True, eq=False)
class Limbs:
    """Joints of the limbs, f64[4, 3] each, mm: at the trunk, elbow or knee, wrist or ankle, where the toes begin."""

    roots: np.ndarray
    middles: np.ndarray
    ankles: np.ndarray
    paws: np.ndarray


def girdles(bone: Backbone) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find where limbs begin f64[4, 3], and the level directions f64[4, 3] forwards and outwards there."""
    radii, axes = bone.radii[_AT, None], bone.axes[_AT]
    roots = bone.points[_AT] + radii * (0.42 * SIDES[:, None] * axes[:, 1] - 0.25 * axes[:, 2])
    ahead = axes[:, 0] * [1, 1, 0]
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-6)
    return roots, ahead, SIDES[:, None] * np.stack([-ahead[:, 1], ahead[:, 0], 0 * ahead[:, 0]], axis=1)


def bend_limbs(bone: Backbone, stance: Stance, size: float) -> Limbs:
    """Bend the limbs to where the paws are; a paw that is out of reach comes nearer. Elbows point back, knees ahead."""
    roots, ahead, _ = girdles(bone)
    upper, lower = LENGTHS.T[..., None] * size
    sole = SOLES[:, None] * size
    slope = stance.raised[:, None]
    ankles = stance.paws - sole * (np.cos(slope) * ahead - np.sin(slope) * [0, 0, 1])
    reach = ankles - roots
    far = np.linalg.norm(reach, axis=1, keepdims=True)
    way = reach / np.maximum(far, 1e-6)
    span = np.clip(far, np.abs(upper - lower) + 1, upper + lower - 0.5)
    moved = roots + way * span
    paws, ankles = stance.paws + moved - ankles, moved
    first = (upper**2 - lower**2 + span**2) / (2 * span)
    bent = np.where(np.arange(4)[:, None] < LEFT_HIND, -1, 1) * ahead
    bent = bent - way * (bent * way).sum(axis=1, keepdims=True)
    bent /= np.maximum(np.linalg.norm(bent, axis=1, keepdims=True), 1e-6)
    middles = roots + way * first + bent * np.sqrt(np.maximum(upper**2 - first**2, 0))
    middles[:, 2] = np.maximum(middles[:, 2], RADII[:, 1, 0] * size)  # no knee is in the floor
    return Limbs(roots, middles, ankles, paws)


def put_on_limbs(figure: Figure, bone: Backbone, stance: Stance, size: float) -> Figure:
    """Return the figure with limbs for its feet, and further keypoints after its own.

    These are, left and right of each: eyes, fore paws, hind paws, hips, knees, ankles, shoulders.
    """
    limbs = bend_limbs(bone, stance, size)
    _, ahead, outwards = girdles(bone)
    pitch = stance.raised[:, None]
    down = np.cos(0.5 * pitch) * ahead - np.sin(0.5 * pitch) * [0, 0, 1]
    toes = [limbs.paws + TOES[:, None] * size * (np.cos(turn) * down + np.sin(turn) * outwards) for turn in SPREAD]
    chains = [(limbs.roots, limbs.middles), (limbs.middles, limbs.ankles), (limbs.ankles, limbs.paws)]
    ends = [np.stack(chain, axis=1) for chain in (*chains, *((limbs.paws, toe) for toe in toes))]
    radii = [RADII[:, min(part, 3)] * size for part in range(len(ends))]
    kept = len(figure.solids.ends) - FEET_CONES
    eyes = figure.solids.ends[kept - 2 : kept, 0]
    skin = outwards * RADII.max(axis=-1)[:, :2].T[..., None] * size  # on the side that one sees
    hips, shoulders = (limbs.roots + 1.05 * skin[0])[2:], limbs.roots[:2]
    knees, ankles = (limbs.middles + skin[1])[2:], limbs.ankles[2:] + outwards[2:] * 2.2 * size
    marks = [eyes, limbs.paws[:2], limbs.paws[2:], hips, knees, ankles, shoulders]
    count = 4 * len(ends)
    solids = Solids(
        np.concatenate([figure.solids.ends[:kept], *ends]),
        np.concatenate([figure.solids.radii[:kept], *radii]).astype(np.float32),
        figure.solids.discs,
    )
    cover = np.repeat([FUR, PAW], [8, count - 8]).astype(np.int8)
    along = np.tile(_PLACES[:, None], (len(ends), 2))
    return replace(
        figure,
        solids=solids,
        cover=np.concatenate([figure.cover[:kept], cover, figure.cover[kept + FEET_CONES :]]),
        along=np.concatenate([figure.along[:kept], along]).astype(np.float32),
        keypoints=np.concatenate([figure.keypoints, *marks]),
    )
