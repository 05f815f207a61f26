"""Whether a calibration is good: figures, limits, and what to do.

The error of corners that are triangulated freely tells little: 0.10 px for two calibrations of which one was twice as
wrong in space as the other. That of one rigid board a frame tells.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from marey.multiview.board_views import CalibrationError
from marey.multiview.boards import Board
from marey.multiview.bundle import Rig, Seen
from marey.multiview.cameras import Camera, undistort
from marey.tables.calibration import CALIBRATION

GOOD, DOUBTFUL, BAD = "good", "doubtful", "bad"
MIN_COMMON = 6  # corners of a frame that several cameras see, for its board's deviation
SAME_PLACE = 5e-3  # of the distance of a camera from the board: two cameras nearer to each other are one


class Quality(NamedTuple):
    """How well a camera sees the board where it was found: columns of table `cameras`."""

    rms_px: float
    rms_held_out_px: float
    corners: int
    rejected: int


class Check(NamedTuple):
    """A row of table `calibration`."""

    camera: str
    measure: str
    value: float
    limit: float
    verdict: str
    advice: str


def judge(rig: Rig, seen: Seen, board: Board, quality: Sequence[Quality], *, on_board: bool = False) -> pd.DataFrame:
    """Judge a calibration.

    Args:
        rig: cameras and boards.
        seen: the corners that were used.
        board: the board.
        quality: of each camera.
        on_board: the world is the board in a frame, which lies below all cameras.

    Returns:
        The rows of table `calibration`.
    """
    checks = [
        *_errors(rig, quality),
        *_lenses(rig.cameras),
        *_coverage(rig, seen),
        _deviation(rig, seen, board),
        *alike_cameras(rig.cameras),
        *(below_floor(rig.cameras) if on_board else ()),
    ]
    return pd.DataFrame(checks, columns=CALIBRATION.names)


def judge_read(cameras: Sequence[Camera]) -> pd.DataFrame:
    """Judge cameras that were read from a file, which says nothing of how they were calibrated; rows as of `judge`."""
    known = [camera for camera in cameras if any(camera.size)]
    return pd.DataFrame([*_lenses(known), *alike_cameras(cameras)], columns=CALIBRATION.names)


def refuse_bad(checks: pd.DataFrame) -> None:
    """Raise CalibrationError, with what to do, where something is bad."""
    bad = checks[checks["verdict"] == BAD]
    if len(bad):
        lines = [
            f"{row.measure} {row.value:.3g}{f' of camera {row.camera}' if row.camera else ''}: {row.advice}"
            for row in bad.itertuples()
        ]
        raise CalibrationError(f"the calibration is bad. {'; '.join(lines)}")


def alike_cameras(cameras: Sequence[Camera]) -> Iterator[Check]:
    """Compare all pairs: two cameras at the same place are one that was taken twice."""
    scale = max((float(np.linalg.norm(camera.translation)) for camera in cameras), default=0.0) or 1.0
    advice = "they are at the same place: was one video used for both? Calibrate again with the video of each"
    for one, two in combinations(cameras, 2):
        distance = float(np.linalg.norm(one.centre - two.centre)) / scale
        if distance < SAME_PLACE:
            yield Check(f"{one.name} and {two.name}", "distance between cameras", distance, SAME_PLACE, BAD, advice)


def below_floor(cameras: Sequence[Camera]) -> Iterator[Check]:
    """Check that all cameras are above the plane z = 0 of the world."""
    for camera in cameras:
        height = float(camera.centre[2])
        advice = (
            ""
            if height > 0
            else (
                "it is below the floor: the board that is the world does not lie face up, or the calibration is a "
                "mirror image. Choose another frame as `world`, and tilt the board more while filming"
            )
        )
        yield Check(camera.name, "height above the floor", height, 0.0, BAD if height <= 0 else GOOD, advice)


def _errors(rig: Rig, quality: Sequence[Quality]) -> Iterator[Check]:
    for camera, each in zip(rig.cameras, quality, strict=True):
        pixel = max(1.0, np.hypot(*camera.size) / 1600)
        yield _check(
            camera.name,
            "rms px",
            each.rms_px,
            0.7 * pixel,
            1.5 * pixel,
            "the corners are not where one rigid board can be: is it flat and rigid, were the videos in step and not "
            "stabilised or zoomed, is the size of the board true?",
        )
        ratio = each.rms_held_out_px / each.rms_px
        yield _check(
            camera.name,
            "held out to fitted",
            ratio,
            1.6,
            4.0,
            "frames that were held out are seen much worse: too few or too similar views of the board. Film it longer, "
            "near and far, tilted to all sides, to the edges of the image",
        )
        part = each.rejected / max(each.rejected + each.corners, 1)
        yield _check(
            camera.name,
            "rejected corners",
            part,
            0.05,
            0.25,
            "many corners were left out as outliers: is the board whole and sharp, are the videos in step?",
        )


def _lenses(cameras: Sequence[Camera]) -> Iterator[Check]:
    for camera in cameras:
        ratio = abs(float(np.log(camera.matrix[1, 1] / camera.matrix[0, 0])))
        yield _check(
            camera.name,
            "ratio of focal lengths (log)",
            ratio,
            0.03,
            0.15,
            "pixels are not square: was the video stretched? Else tilt the board more while filming",
        )
        away = float(np.max(np.abs(camera.matrix[:2, 2] / camera.size - 0.5)))
        yield _check(
            camera.name,
            "principal point from the middle",
            away,
            0.15,
            0.5,
            "the lens looks aside: was the video cropped? Else tilt the board more, to the edges of the image",
        )


def _coverage(rig: Rig, seen: Seen) -> Iterator[Check]:
    for index, camera in enumerate(rig.cameras):
        own = seen.camera == index
        places = seen.places[own] / camera.size
        covered = len(np.unique((np.clip(places, 0, 0.999) * 6).astype(int) @ (1, 6))) / 36
        few = "the board was shown in a small part of the image: bring it near its edges, too"
        yield _check(camera.name, "part of the image without corners", 1 - covered, 0.7, 1.01, few)
        boards = np.unique(seen.board[own])
        axes = rig.rotations[boards][:, :, 2] @ camera.rotation.T
        tilt = float(np.degrees(np.arccos(np.clip(np.abs(axes[:, 2]), 0, 1))).max(initial=0))
        yield _check(
            camera.name,
            "tilt lacking, degrees",
            max(0.0, 30 - tilt),
            10.0,
            25.0,
            f"the board was never tilted by more than {tilt:.0f} degrees: focal length and distance cannot be told "
            "apart, nor a scene from its mirror image. Tilt it to all sides",
        )


def _deviation(rig: Rig, seen: Seen, board: Board) -> Check:
    return _check(
        "",
        "board deviation, squares",
        board_deviation(rig, seen, board),
        0.05,
        0.2,
        "corners that are seen by several cameras do not lie as on the board: is it flat, are the videos in step?",
    )


def board_deviation(rig: Rig, seen: Seen, board: Board) -> float:
    """Return how far triangulated corners lie from a rigid board, in squares: root mean square over all frames.

    NaN where no frame has enough corners that several cameras see.
    """
    rays = np.concatenate(
        [undistort(camera, seen.places[seen.camera == index]) for index, camera in enumerate(rig.cameras)]
    )
    corner = np.unique(np.column_stack([seen.board, seen.points]), axis=0, return_inverse=True)[1].ravel()
    number = np.bincount(corner)
    normal, right = np.zeros((len(number), 3, 3)), np.zeros((len(number), 3))
    for index, camera in enumerate(rig.cameras):
        own = np.flatnonzero((seen.camera == index) & np.isfinite(rays[:, 0]))
        lines = camera.rotation[:2] - rays[own][..., None] * camera.rotation[2]  # [n, 2, 3]: no distance from the ray
        offset = rays[own] * camera.translation[2] - camera.translation[:2]
        depth = (rig.in_world(seen.where(own)) @ camera.rotation.T + camera.translation)[:, 2]
        weight = (camera.matrix[0, 0] / depth) ** 2  # px
        np.add.at(normal, corner[own], weight[:, None, None] * lines.swapaxes(1, 2) @ lines)
        np.add.at(right, corner[own], weight[:, None] * (lines.swapaxes(1, 2) @ offset[..., None])[..., 0])
    first = np.unique(corner, return_index=True)[1]
    several = number >= 2
    known = normal[several]
    known += 1e-12 * np.trace(known, axis1=1, axis2=2)[:, None, None] * np.eye(3)  # of parallel rays, too
    space = np.linalg.solve(known, right[several][..., None])[..., 0]
    points, boards = seen.points[first][several], seen.board[first][several]
    apart = [_misfit(points[boards == one], space[boards == one]) for one in np.unique(boards)]
    apart = np.concatenate([each for each in apart if len(each) >= MIN_COMMON] or [[]])
    return float(np.sqrt(np.mean(apart))) / board.square if len(apart) else np.nan


def _misfit(points: np.ndarray, space: np.ndarray) -> np.ndarray:
    """Squared distances of points f64[n, 3] from others after the rotation and translation that fit best, f64[n]."""
    one, two = points - points.mean(axis=0), space - space.mean(axis=0)
    left, _, right = np.linalg.svd(one.T @ two)
    flip = np.diag([1, 1, np.linalg.det(left @ right)])
    return np.sum((one @ (left @ flip @ right) - two) ** 2, axis=-1)


def _check(camera: str, measure: str, value: float, doubtful: float, bad: float, advice: str) -> Check:
    verdict = BAD if value > bad else DOUBTFUL if not value <= doubtful else GOOD
    return Check(camera, measure, value, doubtful, verdict, "" if verdict == GOOD else advice)
