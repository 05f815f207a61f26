"""Viewpoints: random cameras that look down at a floor, as those of laboratories do."""

import numpy as np

from marey.synth.cameras import Camera

BODY_LENGTH = 90.0  # mm, snout to tail base of an adult mouse
BODY_SHARES = (60 / 320, 130 / 320)  # of the image's width
MAX_TILT = 20.0  # degrees


def draw_camera(chance: np.random.Generator, size: tuple[int, int], arena: tuple[float, float]) -> Camera:
    """Draw a camera above an arena: height, tilt, roll, focal length, and which part of the arena it sees.

    Args:
        chance: draws.
        size: (width, height) of the image, px.
        arena: (X, Y) extent of the arena, mm, with (0, 0) in its middle.

    Returns:
        A camera in whose image a body is between `BODY_SHARES` of the width long.
    """
    body = size[0] * np.exp(chance.uniform(*np.log(BODY_SHARES)))
    tilt = np.radians(MAX_TILT * chance.random() ** 2)
    view = np.array(size) / body * BODY_LENGTH
    spare = np.maximum(np.abs(np.array(arena) - view) / 2, 0)  # the view moves in the arena, or the arena in the view
    # Half of the time to a wall or corner, which is in view then.
    target = chance.uniform(-1, 1, 2) * spare + chance.choice([-1, 0, 1], 2) * chance.uniform(0, 1.3) * spare
    target = target.clip(-spare - 20, spare + 20)
    turned = chance.random() < 0.35
    roll = chance.uniform(0, 2 * np.pi) if turned else np.pi / 2 * chance.integers(4) + chance.normal(0, 0.03)
    return aim_camera(size, target, body_px=body, far=_draw_distance(chance), tilt=tilt, roll=roll)


def _draw_distance(chance: np.random.Generator) -> float:
    """Draw a distance, mm: near with perspective, or so far that there is none."""
    return chance.uniform(350, 1200) if chance.random() < 0.8 else chance.uniform(1200, 4000)


def aim_camera(
    size: tuple[int, int], target: np.ndarray, *, body_px: float, far: float, tilt: float = 0.0, roll: float = 0.0
) -> Camera:
    """Build a camera that looks at a place on the floor.

    Args:
        size: (width, height) of the image, px.
        target: f64[2], mm, what the middle of the image shows.
        body_px: length of an adult mouse's body there, px.
        far: distance from it, mm.
        tilt: angle between the optical axis and the vertical, radians.
        roll: turn about the vertical, radians.

    Returns:
        The camera.
    """
    focal = body_px / BODY_LENGTH * far
    intrinsics = np.array([[focal, 0, size[0] / 2], [0, focal, size[1] / 2], [0, 0, 1]])
    cosine, sine = np.cos(tilt), np.sin(tilt)
    down = np.array([[1.0, 0, 0], [0, -cosine, -sine], [0, sine, -cosine]])
    turn = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    rotation = down @ turn
    position = np.append(target, 0.0) - far * rotation[2]
    return Camera("top", size, intrinsics, rotation, -rotation @ position)


def spot_on_floor(chance: np.random.Generator, camera: Camera, number: int | None = None) -> np.ndarray:
    """Draw places f64[number, 2] on the floor that the camera sees, mm."""
    ray = camera.rays(chance.uniform(0, 1, (number or 1, 2)) * camera.size)
    places = (camera.position + ray * (camera.position[2] / -ray[..., 2:]))[:, :2]
    return places if number else places[0]
