"""Made sessions with several animals, whose tracks are called otherwise in each camera."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from marey.multiview import cameras as rig_of
from marey.tables import files
from marey.tables.cameras import CAMERAS
from marey.tables.matches import MATCHES
from marey.tables.tracks import TRACKS

from . import rig, session

CONFIG = session.CONFIG | {"number": None, "identities": []}


class Animals(NamedTuple):
    """The files of a session, and whose tracks they hold."""

    files: session.Session
    owner: dict[tuple[str, str], int]  # by camera and track the animal
    truth: np.ndarray  # f64[frame, animal, keypoint, 3], mm


def walks(animals: int, frames: int, *, near: float | None = None) -> np.ndarray:
    """Where animals are; all `near` mm from the first at all times, or on ways of their own."""
    if near is not None:
        first = session.walk(frames)[:, None]
        return first + near * np.arange(animals)[:, None, None] * [0.6, 0.8, 0.0]
    ways = [session.walk(frames + 70 * animal)[70 * animal :] for animal in range(animals)]
    turns = [
        np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
        for c, s in ((np.cos(a), np.sin(a)) for a in 1.3 * np.arange(animals))
    ]
    return np.stack([way @ turn.T for way, turn in zip(ways, turns, strict=True)], axis=1)


def make(
    folder: Path, truth: np.ndarray, cameras: int, *, noise: float = 1.0, change=None, seed: int = 0, names=None
) -> Animals:
    """Write the tables of a session.

    Tracks are called animal1, animal2, ... in another order in each camera, or by `names(camera, animal)`;
    `change(tables, generator)` changes the tracks of all cameras, a list of data frames with a column `owner`.
    """
    chance = np.random.default_rng(seed)
    cams = rig.ring(cameras)
    made = session.Session(folder / "cameras.parquet", {}, {}, {}, truth, None)
    files.write(made.cameras, rig_of.camera_rows(cams, unit="mm"), CAMERAS)
    tables = []
    for at, camera in enumerate(cams):
        order = chance.permutation(truth.shape[1])
        seen = rig_of.project(camera, truth) + noise * chance.normal(size=(*truth.shape[:3], 2))
        called = [names(at, animal) if names else f"animal{order[animal] + 1}" for animal in range(truth.shape[1])]
        tables.append(_rows(seen, called, noise))
    if change:
        change(tables, chance)
    owner = {}
    for camera, rows in zip(cams, tables, strict=True):
        made.tracks[camera.name], made.frames[camera.name] = (
            folder / f"{part}_{camera.name}.parquet" for part in ("tracks", "frames")
        )
        made.probes[camera.name] = folder / f"probe_{camera.name}.parquet"
        owner |= {(camera.name, name): own["owner"].iloc[0] for name, own in rows.groupby("individual")}
        files.write(made.tracks[camera.name], rows.drop(columns="owner"), TRACKS)
        session.write_frames(made.frames[camera.name], np.arange(len(truth)) / session.FPS)
        session.write_probe(made.probes[camera.name], camera.size)
    return Animals(made, owner, truth)


def _rows(seen: np.ndarray, called: list[str], noise: float) -> pd.DataFrame:
    frame, animal, keypoint = (part.ravel() for part in np.indices(seen.shape[:3]))
    rows = {"video": "v", "frame": frame, "time": frame / session.FPS, "individual": np.array(called, object)[animal]}
    rows |= {"keypoint": np.array(session.KEYPOINTS)[keypoint], "x": seen[..., 0].ravel(), "y": seen[..., 1].ravel()}
    return pd.DataFrame(rows | {"confidence": 0.9, "sigma_px": noise, "fault": False, "owner": animal})


def write_matches(path: Path, made: Animals, name) -> None:
    """Write a table `matches` that says the truth; `name(animal)` is what an individual is called, None = none."""
    rows = [
        {"camera": camera, "track": track, "individual": name(animal), "frames": 1, "shared": 1.0, "margin": 1.0}
        for (camera, track), animal in made.owner.items()
    ]
    files.write(path, pd.DataFrame(rows).reindex(columns=MATCHES.names), MATCHES)


def right(rows: pd.DataFrame, made: Animals) -> bool:
    """Tell whether all tracks of an animal have one individual, and those of another one another."""
    pairs = {(made.owner[row.camera, row.track], row.individual) for row in rows.itertuples()}
    animals, individuals = ({pair[at] for pair in pairs} for at in (0, 1))
    return len(pairs) == len(animals) == len(individuals)
