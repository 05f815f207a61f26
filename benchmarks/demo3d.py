"""Poses in space of the demo with three cameras, compared with their exact truth.

    python benchmarks/demo3d.py                      after `make demo3d`, which prints this
    python benchmarks/demo3d.py --results results/demo3d --data demo3d

One px of the demo's images is 1.3 to 1.6 mm of the scene. "Inside": positions whose truth lies in their
ellipsoid of 95 %.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.multiview.cameras import read_cameras
from marey.multiview.triangulate_session import UPPER
from marey.synth.boards import flat_pose
from marey.synth.cameras import build_camera
from marey.synth.experiments import DEMO3D_BOARD
from marey.synth.scene import Scene
from marey.tables import files
from marey.tables.points import COVARIANCE, POINTS
from marey.tables.poses3d import POSES3D

KEY = ["frame", "individual", "keypoint"]
WITHIN_95 = 7.815  # chi2 of three degrees of freedom


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=REPOSITORY / "results" / "demo3d")
    parser.add_argument("--data", type=Path, default=REPOSITORY / "demo3d")
    options = parser.parse_args()
    truth = pd.read_parquet(options.data / "truth3d.parquet")
    for camera in read_cameras(options.results / "cameras" / "all.parquet"):
        exact = build_camera(Scene(cameras=(camera.name,)), camera.name)
        away = np.linalg.norm(camera.centre - (exact.position - flat_pose(DEMO3D_BOARD)[1]))
        focal = camera.matrix[0, 0] / exact.K[0, 0] - 1
        print(f"camera {camera.name}: {away:.1f} mm from where it is, 1 m from the mouse; focal length {focal:+.2%}")
    print("| table | mean, mm | median, mm | 99 %, mm | without position | inside |")
    print("|---|---|---|---|---|---|")
    for name, schema in (("points", POINTS), ("poses3d", POSES3D)):
        print(row(name, files.read(options.results / name / "mouse.parquet", schema), truth))


def row(name: str, found: pd.DataFrame, truth: pd.DataFrame) -> str:
    """Compare a table with the truth."""
    both = truth.merge(found, on=KEY, how="left", suffixes=("_true", ""), validate="one_to_one")
    error = both[list("xyz")].to_numpy(float) - both[["x_true", "y_true", "z_true"]].to_numpy()
    known = np.isfinite(error).all(axis=-1)
    covariance = np.empty((known.sum(), 3, 3))
    entries = both.loc[known, list(COVARIANCE)].to_numpy(float)
    covariance[:, *UPPER] = covariance[:, UPPER[1], UPPER[0]] = entries
    error = error[known]
    inside = np.einsum("ni,nij,nj->n", error, np.linalg.inv(covariance), error) < WITHIN_95
    distance = np.linalg.norm(error, axis=-1)
    return (
        f"| {name} | {distance.mean():.2f} | {np.median(distance):.2f} | {np.percentile(distance, 99):.1f} | "
        f"{1 - known.mean():.1%} | {inside.mean():.1%} |"
    )


if __name__ == "__main__":
    main()
