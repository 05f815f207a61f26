"""Points in space from several cameras: errors against truth, cameras left out, and speed, beside aniposelib's.

    python benchmarks/multiview.py
    python benchmarks/multiview.py --mouse-cameras cameras.parquet

Data lie under MAREY_DATA: 12 is Label3D's sample, whose points in images are exact projections of its points in space;
10 is a fly with the calibration of its authors; 09 is a mouse whose own calibration is wrong in one camera, so that it
takes one made of its board, `--mouse-cameras`. The made mouse walks as those of the made videos do, before four
cameras. aniposelib's figures were measured once, on data made in the same way.

Of a camera left out: what the others find, projected into it, and what it sees there. That is the honest measure where
there is no truth; the 2D points are a network's (10) or corrected by people (09), with errors of their own.
"""

import argparse
import os
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.labels.formats._matlab import read_variables
from marey.multiview.cameras import Camera, natural, project, read_cameras
from marey.multiview.formats import calibration_toml, label3d
from marey.multiview.motion import learn_limbs, learn_powers
from marey.multiview.persistence import fresh_share, learn_correlation
from marey.multiview.smooth_session import as_sure, residuals_of
from marey.multiview.trajectories import Learnt, fit
from marey.multiview.triangulate_session import TWO_VIEWS, noise_factor, partners
from marey.multiview.triangulation import triangulate
from marey.multiview.views import Layout
from marey.synth import animal
from marey.synth.motion import simulate
from marey.synth.scene import Scene

DATA = Path(os.environ.get("MAREY_DATA", REPOSITORY / "../shared/data"))
TOLERANCE = 5.0
FPS = 30.0
INSIDE = 7.815  # chi2 of 3 degrees of freedom, 95 %


class Set(NamedTuple):
    """What cameras see of points, and the truth where there is one."""

    cameras: list[Camera]
    seen: np.ndarray  # f64[time, point, camera, 2], px
    partner: np.ndarray  # i64[point]
    limbs: np.ndarray  # i64[limb, 2]
    truth: np.ndarray | None = None  # f64[time, point, 3]


class Result(NamedTuple):
    """Points by the views of a time, and by all times; of both positions and covariances."""

    points: tuple[np.ndarray, np.ndarray]
    smoothed: tuple[np.ndarray, np.ndarray] | None
    seconds: tuple[float, float]  # of the processor, per 1,000 times


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=2000, help="of the made mouse")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mouse-cameras", type=Path, help="table `cameras` of data 09, calibrated by its board")
    arguments = parser.parse_args()
    print("| data | aniposelib | to reach | by each time | smoothed |\n|---|---|---|---|---|")
    _label3d(arguments.seed)
    seconds = _made(arguments.frames, arguments.seed)
    print("\n| left out, px | DLT | to reach | by each time | smoothed |\n|---|---|---|---|---|")
    fly = DATA / "10_fly_3cam_eks_calibrated"
    if fly.is_dir():
        _left_out("10, median / mean", read_fly(fly), "2.99 / 4.17", "2.6 / 3.5")
    mouse = DATA / "09_mouse15_4cam_sleap_anipose" / "minimal_session"
    if mouse.is_dir() and arguments.mouse_cameras:
        _left_out("09, median / mean", read_mouse(mouse, arguments.mouse_cameras), "10.2 / 13.7", "8.4 / 12.5")
    print("\n| speed, CPU s per 1,000 frames of 8 points and 4 cameras | aniposelib | to reach | |\n|---|---|---|---|")
    print(f"| by each time | DLT 2.0, optim 27 to 82, RANSAC 358 | 0.5 | {seconds[0]:.2f} |")
    print(f"| smoothed, with learning | - | 5 | {seconds[1]:.2f} |")


def solve(data: Set, *, smoothed: bool = True, factor: float = 1.0) -> Result:
    """Find points and, if `smoothed`, trajectories; the noise is `factor` px."""
    times, points = data.seen.shape[:2]
    flat = data.seen.reshape(times * points, *data.seen.shape[2:])
    partner = _partner_rows(data)
    sigma = np.full(flat.shape[:2], factor)
    began = time.process_time()
    found = triangulate(data.cameras, flat, sigma, tolerance=TOLERANCE, partner=partner)
    middle = time.process_time()
    widen = np.where(found.used.sum(axis=1) == 2, TWO_VIEWS, 1.0)[:, None, None]
    position = found.position.reshape(times, points, 3)
    covariance = (widen * found.covariance).reshape(times, points, 3, 3)
    result = None
    if smoothed:
        clock = np.arange(times) / FPS
        sigma = sigma.reshape(data.seen.shape[:3])
        lasting = learn_correlation([residuals_of(data.cameras, data.seen, sigma, position, TOLERANCE)])
        fresh = fresh_share(lasting)
        power = learn_powers(clock, position, fresh[:, None, None] * covariance)
        learnt = Learnt(power, fresh, learn_limbs(position, covariance, data.limbs), TOLERANCE)
        tracks = fit(data.cameras, clock, data.seen, sigma, (position, covariance), data.partner, learnt)
        before = position, covariance, np.ones(position.shape[:2])
        result = tracks.position, as_sure(tracks.covariance, before, lasting)
    each = 1000 / times
    return Result((position, covariance), result, (each * (middle - began), each * (time.process_time() - middle)))


def _partner_rows(data: Set) -> np.ndarray:
    layout = Layout(("animal",), tuple(map(str, range(len(data.partner)))), data.partner)
    return partners(layout, len(data.seen))


def _label3d(seed: int) -> None:
    path = DATA / "12_mouse1_6cam_dannce_label3d" / "label3d_dannce.mat"
    if not path.is_file():
        return
    labels = read_variables(path, ["labelData"])["labelData"]
    truth = labels[0]["data_3d"].reshape(len(labels[0]["data_3d"]), -1, 3)
    seen = np.stack([view["data_2d"].reshape(*truth.shape[:2], 2) - 0.5 for view in labels], axis=2)
    data = Set(label3d.read(path), seen, np.full(truth.shape[1], -1), np.empty((0, 2), int), truth)
    exact = solve(data, smoothed=False)
    worst = np.nanmax(np.linalg.norm(exact.points[0] - truth, axis=-1))
    print(f"| 12, exact: max mm | 0.063 (mean) | 0.001 | {worst:.6f} | |")
    damaged = damage(data, seed, noise=1.0, wrong=0.1, missing=0.2, size=(1152, 1024))
    said = _figures(solve(damaged, smoothed=False).points, truth)
    print(
        "| 12, 1 px, 10 % outliers, 20 % missing: mean / median / p99 mm | 25.9 / 0.256 / 199 | 0.34 / 0.18 / 0.55 "
        f"| {said['mean']:.3f} / {said['median']:.3f} / {said['p99']:.3f}, none {100 * said['none']:.1f} % | |"
    )


def _made(frames: int, seed: int) -> tuple[float, float]:
    mouse = made_mouse(frames)
    size = mouse.cameras[0].size
    cases = (
        ("noise 1 px", "DLT 0.341 mean", "0.341 mean", {}),
        (
            "10 % outliers, 20 % missing",
            "RANSAC 0.56, 1.14, 0, 5 %",
            "0.50, 2.0, 0.3 %, 0",
            {"wrong": 0.1, "missing": 0.2},
        ),
        ("sides exchanged in a view in 10 %", "0.900, 4.49 p99", "0.36, 0.80 p99", {"exchanged": 0.1}),
        ("noise that lasts, 0.8", "-", "0.93 to 0.97 inside", {"lasting": 0.8}),
        ("noise 4 px that lasts, 0.95", "-", "0.93 to 0.97 inside", {"lasting": 0.95, "noise": 4.0}),
    )
    seconds = (0.0, 0.0)
    for name, peer, bar, options in cases:
        noise = options.setdefault("noise", 1.0)
        result = solve(damage(mouse, seed, size=size, **options), factor=noise)
        seconds = np.maximum(seconds, result.seconds)
        cells = [_told(_figures(part, mouse.truth)) for part in (result.points, result.smoothed)]
        print(f"| made, {name}: mean, p99 mm, > 5 mm, none; inside 95 % | {peer} | {bar} | {cells[0]} | {cells[1]} |")
    return tuple(seconds)


def _figures(found: tuple[np.ndarray, np.ndarray], truth: np.ndarray) -> dict[str, float]:
    wanted = np.isfinite(truth).all(axis=-1)
    error = (found[0] - truth)[wanted]
    given = np.isfinite(error).all(axis=1)
    away = np.linalg.norm(error[given], axis=1)
    inverse = np.linalg.inv(found[1][wanted][given])
    squares = np.einsum("ni,nij,nj->n", error[given], inverse, error[given])
    parts = {"mean": away.mean(), "median": np.median(away), "p99": np.quantile(away, 0.99), "far": (away > 5).mean()}
    return {**parts, "none": 1 - given.mean(), "inside": (squares < INSIDE).mean()}


def _told(said: dict[str, float]) -> str:
    shares = f"{100 * said['far']:.2f} %, {100 * said['none']:.1f} %; {said['inside']:.3f}"
    return f"{said['mean']:.3f}, {said['p99']:.2f}, {shares}"


def _left_out(name: str, data: Set, peer: str, bar: str) -> None:
    """Print a row: distances, in each camera in turn, of what it sees from what the others find."""
    flat = data.seen.reshape(-1, *data.seen.shape[2:])
    factor = noise_factor(data.cameras, flat, np.ones(flat.shape[:2]), _partner_rows(data), TOLERANCE)
    away: list[list[np.ndarray]] = [[], []]
    for out, camera in enumerate(data.cameras):
        rest = [at for at in range(len(data.cameras)) if at != out]
        part = data._replace(cameras=[data.cameras[at] for at in rest], seen=data.seen[:, :, rest])
        result = solve(part, factor=factor)
        for kept, (position, _) in zip(away, (result.points, result.smoothed), strict=True):
            distance = np.linalg.norm(project(camera, position) - data.seen[:, :, out], axis=-1)
            kept.append(distance[np.isfinite(distance)])
    cells = [np.concatenate(kept) for kept in away]
    said = " | ".join(f"{np.median(cell):.2f} / {cell.mean():.2f} ({len(cell)})" for cell in cells)
    print(f"| {name} (points) | {peer} | {bar} | {said} |")


def damage(
    data: Set, seed: int, *, noise: float, size: tuple[int, int], wrong=0.0, missing=0.0, exchanged=0.0, lasting=0.0
) -> Set:
    """Add noise, px, and outliers anywhere in the image; take views away; exchange sides in one view of a time.

    `lasting` is the correlation of the noise from one time to the next.
    """
    chance = np.random.default_rng(seed)
    error = chance.normal(size=data.seen.shape)
    for at in range(1, len(error) if lasting else 0):
        error[at] = lasting * error[at - 1] + np.sqrt(1 - lasting**2) * error[at]
    seen = data.seen + noise * error
    outlier = chance.random(seen.shape[:3]) < wrong
    seen = np.where(outlier[..., None], chance.uniform(0, 1, seen.shape) * size, seen)
    seen[chance.random(seen.shape[:3]) < missing] = np.nan
    times = np.flatnonzero(chance.random(len(seen)) < exchanged)
    other = np.where(data.partner >= 0, data.partner, np.arange(len(data.partner)))
    for at, view in zip(times, chance.integers(0, len(data.cameras), len(times)), strict=True):
        seen[at, :, view] = seen[at, other, view]
    return data._replace(seen=seen)


def made_mouse(frames: int) -> Set:
    """Make a mouse that walks before four cameras; 1 px of noise is 0.34 mm."""
    scene = Scene(size=(96, 64), frames=frames, seed=3, individuals=1, fps=FPS)
    truth = np.stack([animal.keypoint_positions(scene, states)[0] for states in simulate(scene)])
    names = list(animal.KEYPOINTS)
    cameras = [_camera(number) for number in range(4)]
    seen = np.stack([project(camera, truth) for camera in cameras], axis=2)
    mirror = [name.replace("left", "?").replace("right", "left").replace("?", "right") for name in names]
    partner = np.array([names.index(other) if other != name else -1 for name, other in zip(names, mirror, strict=True)])
    trunk = [(0, 1), (0, 2), (1, 3), (2, 3), *pairwise(range(3, len(names)))]
    return Set(cameras, seen, partner, np.array(trunk), truth)


def _camera(number: int) -> Camera:
    """A camera on a circle above the arena, which looks at its middle."""
    angle = np.pi * number / 2 + 0.3
    centre = np.array([420 * np.cos(angle), 420 * np.sin(angle), 380 + 40 * number])
    forward = -centre / np.linalg.norm(centre)
    right = np.cross(forward, [0, 0, 1])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    matrix = np.array([[1664 + 20.0 * number, 0, 643], [0, 1674 + 20.0 * number, 638], [0, 0, 1]])
    lens = np.array([-0.2, 0.05, 0.001, -0.0005, 0.0])
    return Camera(f"view{number + 1}", (1280, 1280), "full", matrix, lens, rotation, -rotation @ centre)


def read_fly(folder: Path) -> Set:
    """Read the fly of data 10, by the first of its networks; its pixels count from 0."""
    cameras = sorted(calibration_toml.read(folder / "calibration.toml"), key=lambda camera: natural(camera.name))
    views = []
    for camera in cameras:
        (path,) = folder.glob(f"*_{camera.name}_*rng=0.csv")
        table = pd.read_csv(path, header=[0, 1, 2], index_col=0)
        views.append(table.to_numpy(float).reshape(len(table), -1, 3)[..., :2] + 0.5)
    seen = np.stack(views, axis=2)
    return Set(cameras, seen, np.full(seen.shape[1], -1), np.array([(at, at + 1) for at in range(0, seen.shape[1], 2)]))


def read_mouse(folder: Path, calibration: Path) -> Set:
    """Read the mouse of data 09; its pixels count from 0."""
    import h5py

    cameras = read_cameras(calibration)
    views = []
    for camera in cameras:
        with h5py.File(folder / camera.name / f"minimal_{camera.name}_proofread.analysis.h5") as file:
            names = [name.decode() for name in file["node_names"][:]]
            edges = file["edge_inds"][:]
            views.append(file["tracks"][0].transpose(2, 1, 0) + 0.5)
    sides = ("Ear_R", "Ear_L"), ("Shoulder_left", "Shoulder_right"), ("Haunch_left", "Haunch_right")
    partner = np.full(len(names), -1)
    for one, other in sides:
        partner[names.index(one)], partner[names.index(other)] = names.index(other), names.index(one)
    return Set(cameras, np.stack(views, axis=2), partner, edges)


if __name__ == "__main__":
    main()
