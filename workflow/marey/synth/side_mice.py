"""Mice at random as one sees them from the side: gaits and stances, and keypoints of the side that is near."""

from dataclasses import replace

import numpy as np

from marey.synth import postures
from marey.synth.backbone import PLACES, Backbone, Build, Posture, build_backbone
from marey.synth.cameras import Camera
from marey.synth.coats import random_coat
from marey.synth.gear import put_on, random_gear
from marey.synth.groups import changed, drape, into_arena, meeting_heading, meeting_offset, moved, random_meeting
from marey.synth.limbs import Stance, girdles, put_on_limbs
from marey.synth.mice import random_build
from marey.synth.mouse import KEYPOINTS as TOP_KEYPOINTS
from marey.synth.mouse import Figure, cover_backbone
from marey.synth.painting import Mouse
from marey.synth.side_places import SidePlace

# Keypoints of a mouse from the side, and where they are. Near and far are said of the camera.
KEYPOINTS = {
    "snout": "tip of the nose",
    "eye": "middle of the near eye",
    "ear": "middle of the near pinna",
    "near_front_paw": "middle of the near front paw, where its toes begin",
    "far_front_paw": "middle of the far front paw, where its toes begin",
    "near_hind_paw": "ball of the near hind paw, where its toes begin",
    "far_hind_paw": "ball of the far hind paw, where its toes begin",
    "hip": "hip joint of the near side",
    "knee": "knee of the near side",
    "ankle": "heel of the near side",
    "tail_base": "where the hairy body ends and the naked tail begins",
    "tail_middle": "half way along the tail",
    "tail_tip": "end of the tail",
}
# Postures, how often each is drawn, and how far (mm) the trunk is above where it would lie on the floor.
STANCES = {
    postures.walking: (6, (7, 12)),
    postures.running: (2, (7, 13)),
    postures.stretching: (1.5, (4, 9)),
    postures.sitting: (2, (0, 4)),
    postures.sniffing: (2, (4, 11)),
    postures.grooming: (1.5, (0, 3)),
    postures.rearing: (2, (0, 5)),
    postures.turning: (0.7, (3, 9)),
    postures.sleeping: (0.3, (0, 0)),
}
NUMBERS = {"step": (5.0, 16.0), "duty": (0.5, 0.75)}  # mm from the middle of a step to its end; part on the floor
RUMP_HEIGHT, MAX_RAISES = 3.0, 12  # mm that the rump may be above what is lowest of the trunk and the head
TAIL_COVERED = 6.0  # mm of rump that a camera aside sees before the base of the tail
PROFILE_ODDS = 0.8  # how often an animal goes across the view


def random_stance(chance: np.random.Generator, doing, bone: Backbone, size: float) -> Stance:
    """Draw where the paws of a mouse are that does what a posture's function says."""
    roots, ahead, outwards = girdles(bone)
    step, raised = np.zeros(4), np.abs(chance.normal(0, 0.15, 4))
    up = np.zeros(4)
    if doing in (postures.walking, postures.running):
        reach, duty = chance.uniform(*NUMBERS["step"]), chance.uniform(*NUMBERS["duty"])
        phase = (np.array([0.5, 0, 0, 0.5]) + chance.uniform() + chance.normal(0, 0.07, 4)) % 1
        swing = np.clip((phase - duty) / (1 - duty), 0, 1)
        step = reach * np.where(phase < duty, 1 - 2 * phase / duty, 2 * swing - 1)
        up = chance.uniform(3, 9) * np.sin(np.pi * swing)
        raised = np.where(phase < duty, np.clip(0.2 - step / reach * 0.7, 0.1, 0.9), 0.9 - 0.8 * swing)
    else:
        step = chance.normal(0, 3.5, 4)
    aside = np.array([2.0, 2.0, 3.0, 3.0]) + chance.normal(0, 1, 4)
    paws = roots + size * ((step + np.array([5, 5, 8, 8]))[:, None] * ahead + aside[:, None] * outwards)
    paws[:, 2] = size * (1.5 + up)
    if doing is postures.rearing:
        hung = np.stack([chance.uniform(5, 17, 2), chance.uniform(-2, 2, 2), chance.uniform(-13, 3, 2)], axis=1)
        paws[:2] = roots[:2] + size * (hung[:, :1] * ahead[:2] + hung[:, 1:2] * outwards[:2])
        paws[:2, 2] = np.maximum(roots[:2, 2] + size * hung[:, 2], 1.5 * size)
        raised[:2] = chance.uniform(0.2, 1.2)
    if doing is postures.grooming:
        spot = bone.points[1] + size * chance.normal(0, 1.5, (2, 3))
        paws[:2] = spot + size * (3.5 * outwards[:2] - [0, 0, 4.0])
        paws[:2, 2] = np.maximum(paws[:2, 2], 1.5 * size)
        raised[:2] = chance.uniform(-0.9, 0.3)
    return Stance(paws, raised)


def lifted(bone: Backbone, height: float) -> Backbone:
    """Return the backbone raised by `height`, mm; the tail less and less towards its tip."""
    share = np.exp(-np.arange(len(bone.tail)) / 4)[:, None]
    up = np.array([0, 0, height])
    return replace(bone, points=bone.points + up, tail=bone.tail + share * up)


def pitched(posture: Posture, angle: float) -> Posture:
    """Return the posture with its trunk pitched up by `angle`, rad."""
    return replace(posture, pitch=posture.pitch + angle)


def _on_haunches(build: Build, posture: Posture, heading: float) -> tuple[Posture, Backbone]:
    """Raise the front of an animal until it is its rump that is lowest, or as low as its head."""
    bone = build_backbone(build, posture, heading)
    for _ in range(MAX_RAISES):
        under = bone.points[:, 2] - 0.92 * bone.radii
        if under[PLACES > 0.6].min() < RUMP_HEIGHT * build.size:
            break
        posture = replace(pitched(posture, 0.06), head=posture.head + np.array([0, 0.1, 0]))
        bone = build_backbone(build, posture, heading)
    return posture, bone


def random_figure(chance: np.random.Generator, build: Build, heading: float) -> Figure:
    """Draw a mouse with limbs around (0, 0) on the floor, whose rump heads for `heading`."""
    odds = np.array([odds for odds, _ in STANCES.values()])
    doing = list(STANCES)[chance.choice(len(odds), p=odds / odds.sum())]
    posture: Posture = doing(chance)
    if chance.random() < 0.3:  # a tail in the air
        posture = replace(posture, tail=posture.tail + np.array([0, chance.uniform(0.1, 0.6)]))
    if doing is postures.grooming:
        posture = pitched(posture, chance.uniform(0.1, 0.5))
    height = chance.uniform(*STANCES[doing][1]) * build.size
    posture, bone = _on_haunches(build, posture, heading)
    bone = lifted(bone, height)
    stance = random_stance(chance, doing, bone, build.size)
    return put_on_limbs(cover_backbone(build, posture, bone), bone, stance, build.size)


def random_side_mice(chance: np.random.Generator, place: SidePlace, number: int) -> list[Mouse]:
    """Draw `number` mice in a place, where a camera aside sees them; their keypoints are those of KEYPOINTS."""
    strain, alike = random_coat(chance), chance.random() < 0.7
    mice: list[Mouse] = []
    for _ in range(number):
        build = random_build(chance)
        meeting = random_meeting(chance) if mice else "apart"
        heading = chance.choice([0, np.pi]) + chance.normal(0, 0.2)
        if meeting == "apart":
            if chance.random() > PROFILE_ODDS:
                heading = chance.uniform(-np.pi, np.pi)
            figure = moved(random_figure(chance, build, heading), _seen_spot(chance, place))
        else:
            other = mice[chance.integers(len(mice))].figure
            if meeting in ("nose to nose", "nose to tail", "side by side"):
                heading = meeting_heading(chance, meeting, other)
            figure = random_figure(chance, build, heading)
            figure = moved(figure, meeting_offset(chance, meeting, figure, other))
        gear = random_gear(chance)
        figure = put_on(into_arena(figure, place.arena), gear, build.size)
        figure = drape(figure, [mouse.figure for mouse in mice])
        coat = random_coat(chance)
        if alike:
            coat = replace(coat, fur=strain.fur, second=strain.second, pattern=strain.pattern)
        ahead = figure.head[1] * [1, 1, 0] * chance.exponential(1.5) * (chance.random() < 0.4)
        mice.append(Mouse(figure, coat, gear, build.size, ahead))
    return [replace(mouse, figure=seen_from(on_ground(mouse.figure, place), place.camera)) for mouse in mice]


def on_ground(figure: Figure, place: SidePlace) -> Figure:
    """Return the figure bent along the ground of a place."""
    return changed(figure, lambda points: points - place.curve * points[..., :1] ** 2 * [0, 0, 1])


def _seen_spot(chance: np.random.Generator, place: SidePlace) -> np.ndarray:
    """Draw a spot f64[3] on the floor, mm, in the part of the arena that the camera sees."""
    deep = chance.uniform(-0.5, 0.5) * place.arena[1]
    ray = place.camera.rays(np.array([chance.uniform(0.15, 0.85), 0.5]) * place.camera.size)
    across = place.camera.position + ray * (deep - place.camera.position[1]) / ray[1]
    return np.array([across[0], deep, 0])


def seen_from(figure: Figure, camera: Camera) -> Figure:
    """Return a figure with limbs whose keypoints are those of KEYPOINTS, of the side that is nearer to the camera."""
    names = list(TOP_KEYPOINTS)
    marks = figure.keypoints[len(names) :].reshape(7, 2, 3)
    eyes, fore, hind, hips, knees, ankles, shoulders = marks
    top = dict(zip(names, figure.keypoints, strict=False))
    ears = np.stack([top["left_ear"], top["right_ear"]])
    head, front, rear = (camera.project(pair)[1].argmin() for pair in (eyes, shoulders, hips))
    base = top["tail_base"]
    way = camera.position - base
    base = base + way * (TAIL_COVERED / np.linalg.norm(way))  # on the skin, and in the image where it was
    keypoints = [
        *(top["snout"], eyes[head], ears[head]),
        *(fore[front], fore[1 - front], hind[rear], hind[1 - rear]),
        *(hips[rear], knees[rear], ankles[rear]),
        *(base, top["tail_middle"], top["tail_tip"]),
    ]
    return replace(figure, keypoints=np.stack(keypoints))
