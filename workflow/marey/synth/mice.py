"""Mice at random: animals of all proportions, coats and postures, alone and in groups."""

from dataclasses import replace

import numpy as np

from marey.synth.backbone import Build
from marey.synth.cameras import Camera
from marey.synth.coats import random_coat
from marey.synth.gear import put_on, random_gear
from marey.synth.groups import drape, into_arena, meeting_heading, meeting_offset, moved, random_meeting, to_wall
from marey.synth.moments import random_shutter
from marey.synth.mouse import Figure, pose
from marey.synth.painting import Mouse
from marey.synth.postures import random_posture

WALL_ODDS = 0.3  # how often an animal that is apart stands at a wall


def random_build(chance: np.random.Generator) -> Build:
    """Draw the proportions of a mouse, young to old, thin to fat."""
    young = chance.random() < 0.25
    return Build(
        size=chance.uniform(0.6, 0.85) if young else chance.uniform(0.88, 1.12),
        fat=chance.uniform(0.9, 1.2) if young else chance.uniform(0.85, 1.6),
        even=chance.uniform(0, 1),
        head=chance.uniform(1.06, 1.3) if young else chance.uniform(0.82, 1.15),
        pointed=chance.uniform(0.7, 1.15),
        blunt=chance.uniform(0.9, 1.4),
        ear=chance.uniform(0.8, 1.5),
        foot=chance.uniform(0.9, 1.4),
        rump=chance.uniform(0.72, 1.08),
        ear_place=chance.uniform(0.155, 0.215),
        ear_swept=chance.uniform(-0.2, 0.5),
        ear_raised=chance.uniform(0.2, 1.1),
        ear_turned=chance.uniform(0.0, 1.2),
        tail_length=chance.uniform(60, 95),
        tail_radius=chance.uniform(1.0, 2.7),
    )


def random_mice(chance: np.random.Generator, camera: Camera, arena: tuple[float, float], number: int) -> list[Mouse]:
    """Draw `number` mice in an arena (X, Y), mm, where the camera sees them, that often meet and lie on one another."""
    strain = random_coat(chance) if number > 1 and chance.random() < 0.7 else None  # coats of one litter are alike
    shutter = random_shutter(chance)
    mice: list[Mouse] = []
    for _ in range(number):
        build, posture = random_build(chance), random_posture(chance)
        meeting = random_meeting(chance) if mice else "apart"
        if meeting == "apart":
            figure = pose(build, posture, chance.uniform(-np.pi, np.pi))
            figure = moved(figure, _seen_place(chance, camera))
            offset = to_wall(chance, figure, arena) if chance.random() < WALL_ODDS else np.zeros(3)
        else:
            other = mice[chance.integers(len(mice))].figure
            figure = pose(build, posture, meeting_heading(chance, meeting, other))
            offset = meeting_offset(chance, meeting, figure, other)
        gear = random_gear(chance)
        figure = put_on(into_arena(moved(figure, offset), arena), gear, build.size)
        figure = drape(figure, [mouse.figure for mouse in mice])
        coat = random_coat(chance)
        if strain:
            coat = replace(coat, fur=strain.fur, second=strain.second, pattern=strain.pattern)
        moments = shutter(chance, figure, arena)
        mice.append(Mouse(figure, coat, gear, build.size, _step(chance, figure), moments))
    return mice


def _seen_place(chance: np.random.Generator, camera: Camera) -> np.ndarray:
    """Draw a place f64[3] on the floor, mm, that the camera sees."""
    ray = camera.rays(chance.uniform(0.08, 0.92, 2) * camera.size)
    return (camera.position + ray * (camera.position[2] / -ray[2])) * [1, 1, 0]


def _step(chance: np.random.Generator, figure: Figure) -> np.ndarray:
    """Draw how far an animal moves while the shutter is open, f64[3], mm: mostly hardly, at times 20 mm ahead."""
    ahead = (figure.head[1] * [1, 1, 0]) if chance.random() < 0.8 else np.append(chance.normal(0, 0.5, 2), 0)
    return ahead * chance.exponential(2.0 if chance.random() < 0.85 else 7.0) * (chance.random() < 0.6)
