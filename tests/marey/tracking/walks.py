"""Animals that walk about, as poses with exact truth: stiff bodies that meet, hide and are missed."""

import itertools

import numpy as np

from marey.tracking import outlines
from marey.tracking.instances import Instances

BODY = 50.0  # px from the first keypoint to the last
HIDDEN = 25.0  # px between two animals at which one of them is mostly not seen


def outlined(instances: Instances) -> outlines.Outline:
    """The outline of poses, with the points of all of them."""
    return outlines.outline(instances).picking(instances, np.arange(len(instances)))


class Cut:
    """Poses that come in blocks of so many frames."""

    def __init__(self, instances: Instances, frames: int):
        self.instances, self.frames = instances, frames

    def blocks(self):
        frame = self.instances.frame
        edges = np.arange(0, frame.max(initial=-1) + self.frames + 1, self.frames)
        for low, high in itertools.pairwise(np.searchsorted(frame, edges)):
            yield Instances(frame[low:high], self.instances.points[low:high])


def walk(
    seed: int,
    *,
    animals: int = 3,
    frames: int = 1000,
    keypoints: int = 5,
    arena: tuple[int, int] = (640, 480),
    noise: float = 1.0,
    missed: float = 0.01,
    spurious: float = 0.01,
) -> tuple[Instances, np.ndarray]:
    """The poses, shuffled within each frame, and whose each is, i64[n]; -1: nobody's."""
    chance = np.random.default_rng(seed)
    size = np.array(arena, float)
    place = chance.uniform(60, size - 60, (animals, 2))
    angle, speed, pace = chance.uniform(0, 2 * np.pi, animals), np.zeros(animals), np.zeros(animals)
    body = np.stack([np.linspace(-BODY / 2, BODY / 2, keypoints), np.zeros(keypoints)], axis=1)
    rows = []
    for frame in range(frames):
        pace = np.where(chance.random(animals) < 0.03, chance.choice([0, 1, 4], animals), pace)
        speed += 0.2 * (pace - speed)
        angle += chance.normal(0, 0.08, animals)
        heading = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        place = place + speed[:, None] * heading
        angle += 0.35 * ((place < 40) | (place > size - 40)).any(axis=1)
        place = np.clip(place, 30, size - 30)
        across = np.stack([-heading[:, 1], heading[:, 0]], axis=1)
        poses = place[:, None] + body[:, :1] * heading[:, None] + body[:, 1:] * across[:, None]
        apart = np.linalg.norm(place[:, None] - place, axis=-1) + np.where(np.tri(animals, k=-1), 0, np.inf)
        unseen = (apart < HIDDEN).any(axis=1) & (chance.random(animals) < 0.9)
        unseen |= chance.random(animals) < missed
        seen = [(animal, poses[animal]) for animal in chance.permutation(animals) if not unseen[animal]]
        if chance.random() < spurious:
            seen.append((-1, body + chance.uniform(0, size)))
        for owner, pose in seen:
            pose = pose + chance.normal(0, noise, pose.shape)
            pose[chance.random(keypoints) < 0.1] = np.nan
            if np.isfinite(pose).any():
                rows.append((frame, pose, owner))
    if not rows:
        return Instances(np.empty(0, np.int64), np.empty((0, keypoints, 2), np.float32)), np.empty(0, np.int64)
    frame, pose, owner = (np.array(column) for column in zip(*rows, strict=True))
    return Instances(frame, pose.astype(np.float32)), owner
