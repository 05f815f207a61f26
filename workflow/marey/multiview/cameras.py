"""Calibrated cameras: where a point of the world is seen, and which way a pixel looks.

A point X is at (x, y, z) = R X + t in the axes of a camera: x to the right, y down, z forward. The lens moves
(x/z, y/z), and the matrix makes pixels of it, whose corner is (0, 0) and whose centres are at integers + 0.5. The lens
models are OpenCV's: Brown's k1 k2 p1 p2 k3 of the distance from the axis, and the fisheye's k1 to k4 of the angle
(Kannala & Brandt, IEEE TPAMI 2006). A polynomial that was fitted to the middle of the image folds back somewhere
beyond: a point out there has no position.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.spatial.transform import Rotation

from marey.tables import files
from marey.tables.cameras import CAMERAS, INTRINSICS, LENS, ROTATION, TRANSLATION

NEWTON_STEPS = 50
CONVERGED = 1e-10  # of the plane z = 1: a ten-millionth of a pixel
INSIDE_FOLD = 0.999  # of its radius: where the search for an inverse starts that would start beyond


class Camera(NamedTuple):
    """A calibrated camera."""

    name: str
    size: tuple[int, int]  # (width, height), px
    model: str  # pinhole | k1k2 | full | fisheye
    matrix: np.ndarray  # f64[3, 3], px: [[fx, skew, cx], [0, fy, cy], [0, 0, 1]]
    distortion: np.ndarray  # f64[5]: k1 k2 p1 p2 k3, 0 where the model has no such term; of a fisheye f64[4]: k1 to k4
    rotation: np.ndarray  # f64[3, 3], from the world to the camera
    translation: np.ndarray  # f64[3], unit of the calibration

    @property
    def centre(self) -> np.ndarray:
        """Return the centre of projection in the world, f64[3]."""
        return -self.rotation.T @ self.translation


def project(camera: Camera, points: np.ndarray) -> np.ndarray:
    """Find where points of the world f64[..., 3] are seen.

    Returns (x, y) f64[..., 2] px, NaN behind the camera and beyond the fold of its distortion.
    """
    seen, _ = _seen(camera, points)
    moved, _ = distort(camera, seen, jacobian=False)
    return _pixels(camera, moved)


def project_with_jacobian(camera: Camera, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find where points f64[..., 3] are seen, and how that moves with them.

    Returns f64[..., 2] as `project` and f64[..., 2, 3], px per unit of the world.
    """
    seen, depth = _seen(camera, points)
    moved, lens = distort(camera, seen)
    turn, matrix = camera.rotation, camera.matrix[:2, :2]
    moves = [(turn[axis] - seen[..., axis, None] * turn[2]) / depth[..., None] for axis in (0, 1)]  # of (x/z, y/z)
    jacobian = np.empty((*seen.shape[:-1], 2, 3))
    for row in (0, 1):
        by = lens[..., 0, :] * matrix[row, 0] + lens[..., 1, :] * matrix[row, 1]
        jacobian[..., row, :] = by[..., :1] * moves[0] + by[..., 1:] * moves[1]
    return _pixels(camera, moved), jacobian


def undistort(camera: Camera, pixels: np.ndarray) -> np.ndarray:
    """Find the direction that pixels f64[..., 2] look in, as a place on the plane z = 1 of the camera, f64[..., 2].

    It is the inverse of what lens and matrix do, by Newton's method; NaN where they lead from no place to the pixel.
    """
    pixels = np.asarray(pixels, float)
    matrix = camera.matrix
    wanted = np.empty_like(pixels)
    wanted[..., 1] = (pixels[..., 1] - matrix[1, 2]) / matrix[1, 1]
    wanted[..., 0] = (pixels[..., 0] - matrix[0, 2] - matrix[0, 1] * wanted[..., 1]) / matrix[0, 0]
    if not camera.distortion.any() and camera.model != "fisheye":
        return wanted
    most = INSIDE_FOLD * fold(camera)
    place = _within(wanted, most)
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(NEWTON_STEPS):
            moved, lens = distort(camera, place)
            step = _solve(lens, moved - wanted)
            place = _within(place - step, most)
            if not (np.abs(step) > CONVERGED / 10).any():
                break
        moved, _ = distort(camera, place, jacobian=False)
        found = (np.abs(moved - wanted) < CONVERGED * np.maximum(1, np.abs(wanted))).all(axis=-1)
    return np.where(found[..., None], place, np.nan)


def distort(camera: Camera, places: np.ndarray, *, jacobian: bool = True) -> tuple[np.ndarray, np.ndarray | None]:
    """Move places (x/z, y/z) f64[..., 2] as the lens does.

    Returns the moved f64[..., 2], NaN beyond the fold, and how they move with the places, f64[..., 2, 2], unless
    `jacobian` is False.
    """
    x, y = places[..., 0], places[..., 1]
    square = x * x + y * y
    p1, p2 = (0.0, 0.0) if camera.model == "fisheye" else camera.distortion[2:4]
    scale, slope = _radial(camera, square)
    moved = np.empty_like(places)
    moved[..., 0] = x * scale + 2 * p1 * x * y + p2 * (square + 2 * x * x)
    moved[..., 1] = y * scale + p1 * (square + 2 * y * y) + 2 * p2 * x * y
    moved[~(square < fold(camera) ** 2)] = np.nan
    if not jacobian:
        return moved, None
    lens = np.empty((*square.shape, 2, 2))
    lens[..., 0, 0] = scale + 2 * x * x * slope + 2 * p1 * y + 6 * p2 * x
    lens[..., 1, 1] = scale + 2 * y * y * slope + 6 * p1 * y + 2 * p2 * x
    lens[..., 0, 1] = lens[..., 1, 0] = 2 * x * y * slope + 2 * p1 * x + 2 * p2 * y
    return moved, lens


def fold(camera: Camera) -> float:
    """Find how far from the axis, on the plane z = 1, the radial distortion turns back; infinite where it does not."""
    if camera.model == "fisheye":
        terms, limit = camera.distortion[:4], (np.pi / 2) ** 2  # of the angle
    else:
        terms, limit = camera.distortion[[0, 1, 4]], np.inf
    if not terms.any():
        return np.inf
    derivative = [(2 * power + 3) * term for power, term in enumerate(terms)]  # of s (1 + k1 s^2 + k2 s^4 ...)
    roots = np.roots([*reversed(derivative), 1.0])
    real = roots.real[(np.abs(roots.imag) < 1e-9 * np.abs(roots)) & (roots.real > 0)]
    square = min(real.min(initial=np.inf), limit)
    if camera.model == "fisheye":
        return np.inf if square >= limit else float(np.tan(np.sqrt(square)))
    return float(np.sqrt(square))


def natural(name: str) -> list:
    """Return the key by which names sort as people count: cam2 before cam10."""
    return [(not part.isdigit(), int(part) if part.isdigit() else part) for part in re.split(r"(\d+)", name) if part]


def read_cameras(path: str | Path) -> list[Camera]:
    """Read a table `cameras`, in the natural order of their names."""
    rows = files.read(path, CAMERAS).to_dict("records")
    return sorted(map(_from_row, rows), key=lambda camera: natural(camera.name))


def camera_rows(cameras: Iterable[Camera], *, unit: str, quality: Sequence[dict] = ()) -> pd.DataFrame:
    """Make the rows of a table `cameras`.

    Args:
        cameras: the cameras.
        unit: of their translations.
        quality: of each camera its rms_px, rms_held_out_px, corners and rejected; empty where nobody knows.

    Returns:
        A data frame with the columns of the table.
    """
    cameras = list(cameras)
    unknown = {"rms_px": None, "rms_held_out_px": None, "corners": None, "rejected": None}
    rows = [
        {**_to_row(camera), "unit": unit, **unknown, **known}
        for camera, known in zip(cameras, quality or [{}] * len(cameras), strict=True)
    ]
    return pd.DataFrame(rows, columns=CAMERAS.names)


def _seen(camera: Camera, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(x/z, y/z) f64[..., 2] and the depth z f64[...]; NaN behind the camera."""
    inside = np.asarray(points, float) @ camera.rotation.T + camera.translation
    depth = np.where(inside[..., 2] > 0, inside[..., 2], np.nan)
    return inside[..., :2] / depth[..., None], depth


def _pixels(camera: Camera, places: np.ndarray) -> np.ndarray:
    return places @ camera.matrix[:2, :2].T + camera.matrix[:2, 2]


def _radial(camera: Camera, square: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The factor that a lens moves places by, and its derivative by their squared distance from the axis."""
    if camera.model != "fisheye":
        k1, k2, k3 = camera.distortion[[0, 1, 4]]
        return 1 + square * (k1 + square * (k2 + square * k3)), k1 + square * (2 * k2 + square * 3 * k3)
    radius = np.sqrt(np.maximum(square, 1e-16))
    angle = np.arctan(radius)
    turn = angle * angle
    k1, k2, k3, k4 = camera.distortion[:4]
    bent = angle * (1 + turn * (k1 + turn * (k2 + turn * (k3 + turn * k4))))
    bending = 1 + turn * (3 * k1 + turn * (5 * k2 + turn * (7 * k3 + turn * 9 * k4)))
    scale = bent / radius
    return scale, (bending / (1 + square) - scale) / (2 * radius * radius)


def _within(places: np.ndarray, most: float) -> np.ndarray:
    """Pull places f64[..., 2] that are farther from the axis than `most` back to there."""
    if np.isinf(most):
        return places
    radius = np.hypot(places[..., 0], places[..., 1])
    return places * np.minimum(1.0, most / np.maximum(radius, 1e-300))[..., None]


def _solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve matrix f64[..., 2, 2] x = right f64[..., 2]; not finite where it is singular."""
    (a, b), (c, d) = np.moveaxis(matrix, (-2, -1), (0, 1))
    x, y = right[..., 0], right[..., 1]
    return np.stack([d * x - b * y, a * y - c * x], axis=-1) / (a * d - b * c)[..., None]


def _terms(model: str) -> tuple[str, ...]:
    """Name the terms in `distortion`."""
    return ("k1", "k2", "k3", "k4") if model == "fisheye" else ("k1", "k2", "p1", "p2", "k3")


def _from_row(row: dict) -> Camera:
    fx, fy, skew, cx, cy = (row[name] for name in INTRINSICS)
    return Camera(
        name=row["camera"],
        size=(row["width"], row["height"]),
        model=row["model"],
        matrix=np.array([[fx, skew, cx], [0, fy, cy], [0, 0, 1]], float),
        distortion=np.array([row[name] for name in _terms(row["model"])], float),
        rotation=Rotation.from_rotvec([row[name] for name in ROTATION]).as_matrix(),
        translation=np.array([row[name] for name in TRANSLATION], float),
    )


def _to_row(camera: Camera) -> dict:
    (fx, skew, cx), (_, fy, cy), _ = camera.matrix.tolist()
    return {
        "camera": camera.name,
        "width": camera.size[0],
        "height": camera.size[1],
        "model": camera.model,
        **dict(zip(INTRINSICS, (fx, fy, skew, cx, cy), strict=True)),
        **dict.fromkeys(LENS, 0.0),
        **dict(zip(_terms(camera.model), camera.distortion.tolist(), strict=True)),
        **dict(zip(ROTATION, Rotation.from_matrix(camera.rotation).as_rotvec().tolist(), strict=True)),
        **dict(zip(TRANSLATION, camera.translation.tolist(), strict=True)),
    }
