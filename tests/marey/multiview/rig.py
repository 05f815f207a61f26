"""Made rigs of cameras, whose parameters are known."""

import numpy as np

from marey.multiview.cameras import Camera


def ring(
    count: int, *, radius: float = 900.0, height: float = 700.0, size: tuple[int, int] = (640, 480)
) -> list[Camera]:
    """Cameras view1, view2, ... on a circle above the origin, which they look at, no two of them alike; mm."""
    made = []
    for number in range(count):
        angle = 2 * np.pi * number / count + 0.3
        centre = np.array([radius * np.cos(angle), radius * np.sin(angle), height + 40 * number])
        forward = -centre / np.linalg.norm(centre)
        right = np.cross(forward, [0, 0, 1])
        right /= np.linalg.norm(right)
        rotation = np.stack([right, np.cross(forward, right), forward])
        focal = 800.0 + 10 * number
        matrix = np.array([[focal, 0, size[0] / 2 + 3], [0, focal + 5, size[1] / 2 - 2], [0, 0, 1]])
        lens = np.array([-0.2, 0.05, 0.001, -0.0005, 0.0])
        made.append(Camera(f"view{number + 1}", size, "full", matrix, lens, rotation, -rotation @ centre))
    return made
