"""A made session: an animal that walks in front of a rig, and the tables of its cameras."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from marey.multiview import cameras as rig_of
from marey.multiview.session import SessionTables
from marey.tables import files
from marey.tables.cameras import CAMERAS
from marey.tables.frames import FRAMES
from marey.tables.points import COVARIANCE, POINTS
from marey.tables.poses3d import POSES3D
from marey.tables.probe import PROBE
from marey.tables.tracks import TRACKS

from . import rig

KEYPOINTS = ("nose", "left_ear", "right_ear", "tail")
OFFSETS = np.array([[40, 0, 5], [20, 12, 15], [20, -12, 15], [-40, 0, 0.0]])  # mm, of an animal that looks along x
CONFIG = {
    "tolerance": 5.0,
    "min_views": 2,
    "min_confidence": 0.1,
    "measurement_noise": 1.0,
    "offsets": {},
    "keypoints": list(KEYPOINTS),
    "symmetry": [["left_ear", "right_ear"]],
}
FPS = 30


class Session(NamedTuple):
    """The files of a session and its truth."""

    cameras: Path
    tracks: dict[str, Path]
    frames: dict[str, Path]
    probes: dict[str, Path]
    truth: np.ndarray  # f64[frame, keypoint, 3], mm
    seen: np.ndarray  # f64[frame, keypoint, camera, 2], px, with the noise

    @property
    def tables(self) -> SessionTables:
        return SessionTables(self.cameras, self.tracks, self.frames)


def walk(frames: int) -> np.ndarray:
    """Where the keypoints are, f64[frame, keypoint, 3], mm: a figure of eight, the head nodding."""
    time = np.arange(frames) / FPS
    centre = np.stack([150 * np.sin(0.5 * time), 90 * np.sin(time), 20 + 5 * np.sin(7 * time)], axis=-1)
    heading = np.arctan2(90 * np.cos(time), 75 * np.cos(0.5 * time))
    cos, sin, zero, one = np.cos(heading), np.sin(heading), np.zeros(frames), np.ones(frames)
    turn = np.stack([cos, -sin, zero, sin, cos, zero, zero, zero, one], axis=-1).reshape(-1, 3, 3)
    return centre[:, None] + np.einsum("tij,kj->tki", turn, OFFSETS)


def lasting(shape: tuple[int, ...], correlation: float, chance: np.random.Generator) -> np.ndarray:
    """Make errors of variance 1, f64[time, ...], that are correlated like this from one time to the next."""
    error = chance.normal(size=shape)
    for at in range(1, len(error)):
        error[at] = correlation * error[at - 1] + np.sqrt(1 - correlation**2) * error[at]
    return error


def inside(rows: pd.DataFrame, truth: np.ndarray) -> float:
    """Return the share of positions of a table `points` or `poses3d` whose truth lies in their ellipsoid of 95 %."""
    error = rows[list("xyz")].to_numpy(float) - truth.reshape(-1, 3)
    matrix, at = np.empty((len(rows), 3, 3)), np.triu_indices(3)
    matrix[:, *at] = matrix[:, at[1], at[0]] = rows[list(COVARIANCE)]
    return (np.einsum("ni,nij,nj->n", error, np.linalg.inv(matrix), error) < 7.815).mean()


def make(
    folder: Path, frames: int = 60, *, cameras: int = 4, noise: float = 1.0, change=None, seed: int = 0
) -> Session:
    """Write the tables of a session; `change(seen, generator)` damages what is seen, in place."""
    cams = rig.ring(4)
    truth = walk(frames)
    seen = np.stack([rig_of.project(camera, truth) for camera in cams], axis=2)
    chance = np.random.default_rng(seed)
    seen += noise * chance.normal(size=seen.shape)
    if change:
        change(seen, chance)
    files.write(folder / "cameras.parquet", rig_of.camera_rows(cams, unit="mm"), CAMERAS)
    made = Session(folder / "cameras.parquet", {}, {}, {}, truth, seen)
    for at, camera in enumerate(cams):
        made.tracks[camera.name] = folder / "tracks" / f"{camera.name}.parquet"
        made.frames[camera.name] = folder / "frames" / f"{camera.name}.parquet"
        made.probes[camera.name] = folder / "probes" / f"{camera.name}.parquet"
        write_tracks(made.tracks[camera.name], seen[:, :, at], noise or 1.0)
        write_frames(made.frames[camera.name], np.arange(frames) / FPS)
        write_probe(made.probes[camera.name], camera.size)
    return made


def write_tracks(path: Path, seen: np.ndarray, sigma: float, *, individual: str = "animal") -> None:
    """Write what a camera sees, f64[frame, keypoint, 2]."""
    frame, keypoint = (part.ravel() for part in np.indices(seen.shape[:2]))
    there = np.isfinite(seen[..., 0]).ravel()
    rows = {
        "video": "v",
        "frame": frame,
        "time": frame / FPS,
        "individual": individual,
        "keypoint": np.array(KEYPOINTS)[keypoint],
        "x": seen[..., 0].ravel(),
        "y": seen[..., 1].ravel(),
        "confidence": np.where(there, 0.9, 0.0),
        "sigma_px": np.where(there, sigma, np.nan),
        "fault": False,
    }
    files.write(path, pd.DataFrame(rows), TRACKS)


def write_probe(path: Path, size: tuple[int, int]) -> None:
    """Write what is known of a video whose images have this size."""
    blank = {"string": "", "bool": False}
    row = {field.name: [None if field.nullable else blank.get(str(field.type), 0)] for field in PROBE}
    row |= {"path": [f"{path.stem}.mp4"], "width": [size[0]], "height": [size[1]]}
    files.write(path, row, PROBE)


def write_frames(path: Path, times: np.ndarray) -> None:
    """Write the frames of a video, at `times` f64[frame], s."""
    rows = {"video": "v", "frame": np.arange(len(times)), "time": times, "pts": None, "key_frame": True}
    rows |= {"fault": False, "digest": 0, "thumbnail": None, "look": bytes(96)}
    files.write(path, pd.DataFrame(rows), FRAMES)


def write_truth(folder: Path, truth: np.ndarray, state="measured") -> None:
    """Write tables `points` and `poses3d` that say where the keypoints are, f64[frame, keypoint, 3]."""
    frame, keypoint = (part.ravel() for part in np.indices(truth.shape[:2]))
    rows = {"frame": frame, "time": frame / FPS, "individual": "animal"}
    rows |= {"keypoint": np.array(KEYPOINTS)[keypoint], **dict(zip("xyz", truth.reshape(-1, 3).T, strict=True))}
    rows |= dict.fromkeys(COVARIANCE, 0.01) | {"views_used": 4, "reproj_px": 1.0, "confidence": 0.9}
    poses = pd.DataFrame(rows).assign(state=state)
    poses.loc[poses["state"] == "gap", [*"xyz", *COVARIANCE]] = np.nan
    files.write(folder / "poses3d.parquet", poses, POSES3D)
    points = {**rows, "views_seen": 4, "views_exchanged": 0, "noise_factor": 1.0, "shared_factor": 1.0}
    files.write(folder / "points.parquet", pd.DataFrame(points), POINTS)
