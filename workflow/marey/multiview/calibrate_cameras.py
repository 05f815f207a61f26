"""Calibrate the cameras of a session by a board that they filmed together."""

import logging
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from marey.multiview.board_views import BoardView, CalibrationError, spread, view_board
from marey.multiview.boards import Board, read_board
from marey.multiview.bundle import Rig, Seen, residuals, rms
from marey.multiview.calibration_checks import Quality, judge, refuse_bad
from marey.multiview.cameras import Camera, camera_rows, natural
from marey.multiview.first_guess import guess_camera, guess_rig, place_boards
from marey.multiview.lens_models import choose_models, fit, held_out_errors
from marey.tables import files
from marey.tables.calibration import CALIBRATION
from marey.tables.cameras import CAMERAS
from marey.tables.corners import CORNERS

MIN_VIEWS = 5  # of the board by a camera
MOST_BOARDS = 120  # frames that are used, of those that several cameras share
MOST_OWN = 20  # views that a camera has, at least, if it can
OUTLIER, MIN_OUTLIER = 6.0, 0.5  # times the median distance of a camera's corners; px
SAME = 0.2  # px: two cameras that see the corners so near to each other are one
FIRST_CAMERA = "first camera"

Sights = dict[int, np.ndarray]  # by frame: f64[corner, 2] px, NaN where a corner was not found


class Calibrated(NamedTuple):
    """A calibration, and how good it is."""

    rig: Rig
    seen: Seen  # corners that were used
    frames: list[int]  # of each pose of the board
    quality: list[Quality]  # of each camera


def calibrate_cameras(
    corners: Mapping[str, Path], out: Path, checks_out: Path, *, session: str, config: dict, provenance: dict
) -> None:
    """Write the tables `cameras` and `calibration` of a session.

    Args:
        corners: the table `corners` of each camera, by its name.
        out: where to write the cameras.
        checks_out: where to write what the calibration is judged by.
        session: its name, for messages.
        config: `board` (see `boards.read_board`), `unit` of its squares, `model` (auto or a lens model), `world`
            ("first camera", or the number of a frame in which the board is the world: x along its columns, y up along
            its rows, z towards the cameras).
        provenance: what the result was made from, for its metadata.

    Raises:
        CalibrationError: the cameras cannot be calibrated, or not well; the message says what to do.
        OpenCVError: OpenCV is not there.
    """
    board = read_board(config["board"])
    names = sorted(corners, key=natural)
    sizes, sights = zip(*(read_sights(corners[name], name, board) for name in names), strict=True)
    try:
        done = calibrate(names, sizes, sights, board, model=config["model"], world=config["world"])
        checks = judge(done.rig, done.seen, board, done.quality, on_board=config["world"] != FIRST_CAMERA)
        refuse_bad(checks)
    except CalibrationError as error:
        raise CalibrationError(f"session '{session}': {error}") from None
    for quality, camera in zip(done.quality, done.rig.cameras, strict=True):
        logging.getLogger(__name__).info(
            "%s: %s, %.3f px, held out %.3f px", camera.name, camera.model, quality.rms_px, quality.rms_held_out_px
        )
    rows = camera_rows(done.rig.cameras, unit=config["unit"], quality=[each._asdict() for each in done.quality])
    files.write(out, rows, CAMERAS, provenance=provenance)
    files.write(checks_out, checks, CALIBRATION, provenance=provenance)


def calibrate(
    names: list[str],
    sizes: list[tuple[int, int]],
    sights: list[Sights],
    board: Board,
    *,
    model: str = "auto",
    world: str | int = FIRST_CAMERA,
) -> Calibrated:
    """Calibrate cameras by the corners of a board that they saw.

    Args:
        names: of the cameras.
        sizes: of their images, (width, height) px.
        sights: what each saw, by frame.
        board: the board.
        model: lens model of all, or "auto".
        world: "first camera", or the frame in which the board is the world.

    Returns:
        The calibration.

    Raises:
        CalibrationError: it cannot be done.
    """
    _refuse_few_views(names, sights)
    _refuse_the_same(names, sights)
    chosen = choose_frames(sights, also=() if world == FIRST_CAMERA else (int(world),))
    sights = [{frame: seen[frame] for frame in sorted(seen.keys() & chosen)} for seen in sights]
    cameras = [
        guess_camera(name, size, list(seen.values()), board)
        for name, size, seen in zip(names, sizes, sights, strict=True)
    ]
    cameras = guess_rig(cameras, _views(cameras, sights, board), board)
    for _ in range(2):  # the second time with lenses that are known well, where no view is left out for them
        rig, seen, frames = place_boards(cameras, _views(cameras, sights, board), board)
        rig = fit(rig, seen, ["k1k2"] * len(cameras), robust=True)
        cameras = rig.cameras
    everything = fit(rig, seen, ["full" if model == "auto" else model] * len(cameras), robust=True)
    inlying = _inlying(everything, seen)
    used = seen.where(inlying)
    models = choose_models(rig, used, model)
    held_out = held_out_errors(rig, used, models)
    rig = fit(rig, used, models)
    found = residuals(rig, used)
    totals = [sum(int(np.isfinite(places[:, 0]).sum()) for places in each.values()) for each in sights]
    quality = [
        Quality(
            rms_px=rms(found[used.camera == index]),
            rms_held_out_px=float(held_out[index]),
            corners=int(np.sum(used.camera == index)),
            rejected=total - int(np.sum(used.camera == index)),
        )
        for index, total in enumerate(totals)
    ]
    return Calibrated(place_world(rig, frames, world), used, frames, quality)


def choose_frames(sights: list[Sights], also: tuple[int, ...] = ()) -> set[int]:
    """Choose frames to calibrate by: evenly those that cameras share, and more for a camera that has few of them."""
    times = np.array(sorted({frame for seen in sights for frame in seen}))
    number = np.array([sum(frame in seen for seen in sights) for frame in times])
    shared = times[number >= min(2, len(sights))]
    chosen = set(shared[spread(len(shared), MOST_BOARDS)].tolist()) | (set(also) & set(times.tolist()))
    for seen in sights:
        own = sorted(seen.keys() - chosen)
        missing = MOST_OWN - len(seen.keys() & chosen)
        chosen |= {own[index] for index in spread(len(own), max(missing, 0))} if missing > 0 else set()
    return chosen


def place_world(rig: Rig, frames: list[int], world: str | int) -> Rig:
    """Move everything into the world that is asked for; CalibrationError where it is a frame without the board."""
    if world == FIRST_CAMERA:
        return rig
    if int(world) not in frames:
        nearest = sorted(frames, key=lambda frame: abs(frame - int(world)))[:3]
        raise CalibrationError(
            f"`world` is the board in frame {world}, in which it is not seen; it is in {', '.join(map(str, nearest))}"
        )
    index = frames.index(int(world))
    up = np.diag([1.0, -1.0, -1.0])  # from the board's axes: z towards who looks at it
    turn, move = rig.rotations[index] @ up, rig.translations[index]
    cameras = [
        camera._replace(rotation=camera.rotation @ turn, translation=camera.rotation @ move + camera.translation)
        for camera in rig.cameras
    ]
    return Rig(cameras, turn.T @ rig.rotations, (rig.translations - move) @ turn)


def read_sights(path: Path, name: str, board: Board) -> tuple[tuple[int, int], Sights]:
    """Read a table `corners`: size of the images, and what was seen by frame."""
    table = files.read(path, CORNERS)
    if table.empty:
        raise CalibrationError(f"{path}: camera '{name}' sees the board in no frame")
    sights = {}
    for frame, rows in table.groupby("frame"):
        places = np.full((len(board.corners), 2), np.nan)
        places[rows["corner"]] = rows[["x", "y"]]
        sights[int(frame)] = places
    return (int(table["width"].iloc[0]), int(table["height"].iloc[0])), sights


def _refuse_few_views(names: list[str], sights: list[Sights]) -> None:
    few = [f"'{name}' ({len(seen)})" for name, seen in zip(names, sights, strict=True) if len(seen) < MIN_VIEWS]
    if few:
        raise CalibrationError(
            f"too few frames show the board to cameras {', '.join(few)}; expected at least {MIN_VIEWS}, better 30. "
            "Film it longer, near and far, tilted to all sides"
        )


def _refuse_the_same(names: list[str], sights: list[Sights]) -> None:
    for one, two in combinations(range(len(names)), 2):
        frames = sights[one].keys() & sights[two].keys()
        apart = [np.abs(sights[one][frame] - sights[two][frame]) for frame in frames]
        if apart and np.isfinite(apart).any() and np.nanmedian(apart) < SAME:
            raise CalibrationError(
                f"cameras '{names[one]}' and '{names[two]}' see the board at the same places: was one video used for "
                "both? Give each its own"
            )


def _views(cameras: list[Camera], sights: list[Sights], board: Board) -> list[dict[int, BoardView]]:
    """What each camera sees, with the poses in which the board may be."""
    views = []
    for camera, seen in zip(cameras, sights, strict=True):
        looked = {frame: view_board(camera, places, board) for frame, places in seen.items()}
        views.append({frame: view for frame, view in looked.items() if view is not None})
    return views


def _inlying(rig: Rig, seen: Seen) -> np.ndarray:
    """Tell which corners are seen about where they were found, bool[n], compared with the others of their camera."""
    distance = np.linalg.norm(residuals(rig, seen), axis=-1)
    inlying = np.zeros(len(distance), bool)
    for index in range(len(rig.cameras)):
        own = seen.camera == index
        if own.any():
            inlying[own] = distance[own] < max(OUTLIER * np.median(distance[own]), MIN_OUTLIER)
    return inlying
