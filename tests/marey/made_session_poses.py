"""Made poses in space of a session, to export: the tables that an export reads."""

from pathlib import Path

import numpy as np
import pandas as pd

from marey.exports.export_session import export_session
from marey.multiview.cameras import camera_rows
from marey.tables import files
from marey.tables.cameras import CAMERAS
from marey.tables.points import COVARIANCE
from marey.tables.poses3d import POSES3D

from . import made_poses
from .multiview.rig import ring

PLACE = (1.5, -2.25, 300.125)
KEYPOINTS = ("snout", "tail base", "left_ear")
STATES = ("measured", "bridged", "gap", "measured")


def table(frames: int = 7, animals: tuple[str, ...] = ("a",), *, times: np.ndarray | None = None) -> pd.DataFrame:
    """A table `poses3d`: every keypoint of every animal at each time, in states that follow each other."""
    chance = np.random.default_rng(0)
    frame, animal, keypoint = (part.ravel() for part in np.indices((frames, len(animals), len(KEYPOINTS))))
    rows = pd.DataFrame({"frame": frame, "time": (np.arange(frames) / 30 if times is None else times)[frame]})
    rows = rows.assign(individual=np.array(animals)[animal], keypoint=np.array(KEYPOINTS)[keypoint])
    rows["state"] = np.array(STATES)[(frame + animal + keypoint) % len(STATES)]
    rows[list("xyz")] = chance.normal(0, 100, (len(rows), 3)).astype(np.float32)
    rows[list(COVARIANCE)] = chance.uniform(0.1, 1, (len(rows), 6))
    rows = rows.assign(views_used=3, reproj_px=chance.uniform(0.5, 2, len(rows)), confidence=0.75)
    rows.loc[rows["state"] == "gap", [*"xyz", *COVARIANCE]] = np.nan
    rows.loc[rows["state"] != "measured", ["reproj_px", "views_used", "confidence"]] = np.nan, 0, 0
    return rows[POSES3D.names].astype({"views_used": int})


def dot(**changed) -> pd.DataFrame:
    """One point at PLACE, at the third of three times."""
    rows = table(3).assign(state="gap", views_used=0, confidence=0.0, reproj_px=np.nan)
    rows[[*"xyz", *COVARIANCE]] = np.nan
    values = [*PLACE, *[1.0] * 6, 4, 1.25, 0.5, "measured"]
    rows.loc[6, [*"xyz", *COVARIANCE, "views_used", "reproj_px", "confidence", "state"]] = values
    return rows.assign(**changed)


def export(rows: pd.DataFrame, name: str, folder: Path, *, edges: tuple = (), unit: str = "mm") -> Path:
    """Export the poses of session `s`, which three cameras filmed; returns the file."""
    source = folder / "poses3d" / "s.parquet"
    files.write(source, rows, POSES3D)
    files.write(folder / "cameras.parquet", camera_rows(ring(3), unit=unit), CAMERAS)
    out = folder / f"s.{name}"
    export_session(
        source,
        folder / "cameras.parquet",
        out,
        session="s",
        format_name=name,
        skeleton=(KEYPOINTS, edges, ()),
        config={"nwb": made_poses.NWB},
        provenance={"version": "1.2.3"},
    )
    return out


def wide(rows: pd.DataFrame, animal: str, keypoint: str) -> np.ndarray:
    """Positions f64[frame, 3] of a keypoint in a table."""
    return rows[(rows["individual"] == animal) & (rows["keypoint"] == keypoint)][list("xyz")].to_numpy(float)
