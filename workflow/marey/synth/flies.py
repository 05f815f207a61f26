"""Flies at random: strains, sexes, gaits and wings, alone, courting, fighting, mounted, and close together."""

from dataclasses import replace

import numpy as np

from marey.synth.fly import FEET, FlyBuild, FlyFigure, FlyPosture, pose_fly
from marey.synth.fly_coats import random_fly_coat, random_strain
from marey.synth.fly_painting import Fly
from marey.synth.places import Place

DOINGS = {"walk": 6, "stand": 3, "groom front": 1, "groom rear": 1, "feed": 1}
WINGS = {"folded": 8, "half open": 2, "one out": 1.5, "both out": 1, "flutter": 0.5}
MEETINGS = {"apart": 3, "behind": 2.5, "head to head": 1.5, "beside": 1.5, "any side": 1.5, "mounted": 0.7}
MOUNTED = 16.0  # mm that a fly on another is above it
_TRIPOD = np.pi * np.array([(0, 1, 0), (1, 0, 1)])  # phases of the legs, fore to hind, left and right


def _pick(chance: np.random.Generator, odds: dict[str, float]) -> str:
    weights = np.array(list(odds.values()), float)
    return list(odds)[chance.choice(len(odds), p=weights / weights.sum())]


def random_fly_posture(chance: np.random.Generator) -> FlyPosture:
    """Draw how a fly holds itself: what it does with its legs, and with its wings."""
    doing = _pick(chance, DOINGS)
    feet = np.zeros((2, 3, 3)) + np.pad(FEET, ((0, 0), (0, 1)))
    feet[..., :2] *= chance.uniform(0.85, 1.15)
    feet[..., :2] += chance.normal(0, 3.0, (2, 3, 2))
    pitch = chance.normal(0, 0.1)
    if doing == "walk":
        phase = _TRIPOD + chance.uniform(0, 2 * np.pi) + chance.normal(0, 0.3, (2, 3))
        feet[..., 0] += chance.uniform(4, 11) * np.cos(phase)
        feet[..., 2] += 7 * np.maximum(np.sin(phase), 0)
    elif doing == "groom front":
        feet[:, 0] = np.stack([chance.normal(50, 3, 2), chance.normal(1.5, 1.5, 2), chance.uniform(3, 16, 2)], axis=1)
    elif doing == "groom rear":
        feet[:, 2] = np.stack([chance.normal(-42, 5, 2), chance.normal(5, 4, 2), chance.uniform(4, 26, 2)], axis=1)
    elif doing == "feed":
        pitch -= chance.uniform(0.1, 0.5)
    return FlyPosture(
        head=np.array([chance.normal(0, 0.12), pitch]),
        abdomen=np.array([chance.normal(0, 0.10 if chance.random() < 0.8 else 0.35), chance.normal(0.05, 0.1)]),
        wings=random_wings(chance, _pick(chance, WINGS)),
        roll=chance.normal(0, 0.06 if chance.random() < 0.85 else 0.4),
        feet=feet,
    )


def random_wings(chance: np.random.Generator, way: str) -> np.ndarray:
    """Draw how far the wings f64[2] are spread, rad; `way` is one of WINGS."""
    wings = chance.normal(-0.07, 0.04, 2)  # tips cross
    if way == "half open":
        wings += chance.uniform(0.1, 0.45) + chance.normal(0, 0.05, 2)
    elif way == "one out":
        wings[chance.integers(2)] = chance.uniform(0.5, 1.6)
    elif way == "both out":
        wings += chance.uniform(0.5, 1.5) + chance.normal(0, 0.08, 2)
    elif way == "flutter":
        wings = chance.uniform(0, 1.5, 2)
    return wings


def random_flies(chance: np.random.Generator, place: Place, number: int) -> list[Fly]:
    """Draw `number` flies in a place, where the camera sees them, that often meet."""
    strain, alike = random_strain(chance), chance.random() < 0.9
    flies: list[Fly] = []
    for _ in range(number):
        male = chance.random() < 0.5
        build = FlyBuild(
            size=chance.uniform(0.82, 0.98) if male else chance.uniform(0.95, 1.15),
            fat=chance.uniform(0.75, 1.0) if male else chance.uniform(0.9, 1.2),
            long=chance.uniform(0.85, 1.0) if male else chance.uniform(0.95, 1.15),
            eye=chance.uniform(0.9, 1.12),
            wing=chance.uniform(0.9, 1.08),
            leg=chance.uniform(0.8, 1.3),
        )
        posture, coat = random_fly_posture(chance), random_fly_coat(chance, strain, male=male)
        if not alike:
            coat = random_fly_coat(chance, random_strain(chance), male=male)
        meeting = _pick(chance, MEETINGS) if flies else "apart"
        if meeting == "apart":
            heading, at = chance.uniform(-np.pi, np.pi), _seen_spot(chance, place)
        else:
            heading, at = _meet(chance, meeting, flies[chance.integers(len(flies))].figure, build.size)
        if meeting == "behind" and chance.random() < 0.6:  # courtship song
            posture = replace(posture, wings=random_wings(chance, "one out"))
        figure = pose_fly(build, posture, heading, _into_arena(at, place.arena))
        flies.append(Fly(figure, coat, build.size))
    return flies


def _seen_spot(chance: np.random.Generator, place: Place) -> np.ndarray:
    """Draw a spot f64[3] on the floor, mm, that the camera sees; at times at the rim of the arena."""
    ray = place.camera.rays(chance.uniform(0.1, 0.9, 2) * place.camera.size)
    spot = (place.camera.position + ray * (place.camera.position[2] / -ray[2])) * [1, 1, 0]
    if chance.random() < 0.2:
        axis = chance.integers(2)
        spot[axis] = chance.choice([-1, 1]) * place.arena[axis]
    return spot


def _into_arena(at: np.ndarray, arena: tuple[float, float]) -> np.ndarray:
    """Return the spot moved so that a fly there is within the walls, as far as they are wide enough."""
    half = np.maximum(np.array(arena) / 2 - 30, 0)
    return np.append(np.clip(at[:2], -half, half), at[2])


def _meet(chance: np.random.Generator, meeting: str, other: FlyFigure, size: float) -> tuple[float, np.ndarray]:
    """Draw heading and spot f64[3] (mm) of a fly that meets another as `meeting` says."""
    way = (other.keypoints[0] - other.keypoints[2]) * [1, 1, 0]
    long, facing = np.linalg.norm(way), np.arctan2(way[1], way[0])
    middle = (other.keypoints[0] + other.keypoints[2]) / 2 * [1, 1, 0]
    gap = (long + 90 * size) / 2

    def beside(angle: float, far: float) -> np.ndarray:
        return middle + far * np.array([np.cos(facing + angle), np.sin(facing + angle), 0])

    if meeting == "behind":
        angle = np.pi + chance.normal(0, 0.6)
        return facing + angle - np.pi + chance.normal(0, 0.2), beside(angle, gap * chance.uniform(1.0, 1.6))
    if meeting == "head to head":
        angle = chance.normal(0, 0.2)
        return facing + angle + np.pi + chance.normal(0, 0.2), beside(angle, gap * chance.uniform(0.98, 1.25))
    if meeting == "beside":
        angle = chance.choice([-1, 1]) * np.pi / 2 + chance.normal(0, 0.2)
        heading = facing + chance.choice([0, np.pi]) + chance.normal(0, 0.2)
        return heading, beside(angle, gap * chance.uniform(0.4, 0.7))
    if meeting == "mounted":
        spot = beside(np.pi, gap * chance.uniform(0.15, 0.4))
        return facing + chance.normal(0, 0.15), spot + np.array([0, 0, MOUNTED])
    angle = chance.uniform(-np.pi, np.pi)
    return chance.uniform(-np.pi, np.pi), beside(angle, gap * chance.uniform(0.5, 1.1))
