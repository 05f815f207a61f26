"""A made animal before a rig of which cameras are out of step, as arrays and as tables."""

from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline

from marey.multiview.cameras import project
from marey.multiview.fine_offsets import Piece
from marey.multiview.seen_motion import Strand

from . import rig, session

FPS = session.FPS
CAMERAS = rig.ring(4)
BEFORE = 60  # frames that the animal is known before and after


def path_of(frames: int, *, speed: float = 1.0) -> CubicSpline:
    """The places of its keypoints at any time, s."""
    time = np.arange(-BEFORE, frames + BEFORE) / FPS
    return CubicSpline(time, session.walk(frames + 2 * BEFORE)[: len(time)] * speed)


def look(times: list[np.ndarray], *, speed: float = 1.0, noise: float = 0.3, seed: int = 0) -> list[np.ndarray]:
    """What cameras of a ring see, f64[frame, keypoint, 2] px, at the true times of its frames, f64[frame] s."""
    chance = np.random.default_rng(seed)
    path = path_of(max(map(len, times)) + BEFORE, speed=speed)
    cameras = CAMERAS[: len(times)]
    seen = [project(camera, path(time)) for camera, time in zip(cameras, times, strict=True)]
    return [each + noise * chance.normal(size=each.shape) for each in seen]


def pieces(seen: list[np.ndarray], windows: int, most: float, *, sigma: float = 0.3) -> list[list[Piece]]:
    """Part what cameras see, which all say that their frame 0 is at 0 s, into windows of one piece each."""
    count, margin = len(seen[0]), int(np.ceil(most * FPS))
    made = []
    for window in range(windows):
        first, last = count * window // windows, count * (window + 1) // windows
        frame = np.arange(max(0, first - margin), min(count, last + margin))
        strands = [Strand(frame / FPS, each[frame], np.full(each[frame].shape[:2], sigma)) for each in seen]
        made.append([Piece(np.arange(first, last) / FPS, strands)])
    return made


def write(folder: Path, seen: list[np.ndarray], stamps: list[np.ndarray], *, sigma: float = 0.3) -> session.Session:
    """Write the tables of a session, in which cameras say that their frames are at `stamps`, f64[frame] s."""
    made = session.make(folder, 2)
    names = list(made.tracks)
    for name in names[len(seen) :]:
        del made.tracks[name], made.frames[name]
    for name, each, times in zip(names, seen, stamps, strict=False):
        session.write_tracks(made.tracks[name], each, sigma)
        session.write_frames(made.frames[name], times)
    return made
