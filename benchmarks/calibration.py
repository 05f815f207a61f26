"""Calibration of cameras by real board videos: detection, errors in px and in squares, seconds.

    python benchmarks/calibration.py                 both data sets, the lens model chosen by held-out error
    python benchmarks/calibration.py stereo --models pinhole k1k2 full fisheye

Takes the data from MAREY_DATA (default ../shared/data), and needs OpenCV (envs/requirements-cameras.txt). "Rigid" is
the root mean square distance of corners from one rigid board a frame: of those that were used, and of all that were
found; "held out" that of every third frame, which calibrated nothing.
"""

import argparse
import os
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2  # noqa: F401  (without it there is nothing to measure)
import numpy as np

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow"))

from marey.multiview.boards import Board, read_board
from marey.multiview.bundle import adjust, residuals, rms
from marey.multiview.calibrate_cameras import Calibrated, calibrate, read_sights
from marey.multiview.calibration_checks import board_deviation, judge
from marey.multiview.cameras import Camera, natural
from marey.multiview.detect_board import detect_board
from marey.multiview.read_calibration import find_cameras
from marey.videos.probe_video import probe_video

STEREO, CHARUCO = "11_stereo_chessboard/stereo_example.zip", "09_mouse15_4cam_sleap_anipose/minimal_session"
BOARDS = {
    "stereo": {"type": "chessboard", "squares": [10, 7], "square_size": 1.0},
    "charuco": {
        "type": "charuco", "squares": [8, 11], "square_size": 24.0, "marker_size": 18.75, "dictionary": "4X4_1000"
    },
}  # fmt: skip
PROBE = {"thumbnail_width": 32, "thumbnail_interval": 10.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=[*BOARDS], metavar="set", help=", ".join(BOARDS))
    parser.add_argument("--models", nargs="+", default=["auto"])
    options = parser.parse_args()
    data = Path(os.environ.get("MAREY_DATA", REPOSITORY.parent / "shared/data"))
    print(
        "| data | model | camera | corners | left out | rigid, used, px | rigid, all, px | held out, px | fx, fy, px |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    whole = []
    for name in options.sets:
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            tables = detect(name, data, Path(folder))
            detected = time.perf_counter() - start
            for model in options.models:
                whole.append(measure(name, model, tables, detected))
    print("\n| data | model | board deviation, squares | baseline, squares | detection, s | calibration, s | verdict |")
    print("|---|---|---|---|---|---|---|")
    print(*whole, sep="\n")
    if "charuco" in options.sets:
        print(f"\nThe calibration that comes with it: {shipped(data / CHARUCO / 'calibration.toml')}")


def detect(name: str, data: Path, folder: Path) -> dict[str, Path]:
    """Find the board; returns the table `corners` of each camera."""
    config, found = {"board": BOARDS[name]}, {}
    for camera, source in sources(name, data, folder):
        frames = None
        if isinstance(source, Path):
            frames = folder / f"{camera}.frames.parquet"
            probe = folder / f"{camera}.probe.parquet"
            probe_video(source, probe, frames, video=camera, relative="", config=PROBE, provenance={})
        found[camera] = folder / f"{camera}.parquet"
        detect_board(source, frames, found[camera], camera=camera, config=config, provenance={})
    return dict(sorted(found.items(), key=lambda item: natural(item[0])))


def sources(name: str, data: Path, folder: Path) -> Iterator[tuple[str, Path | list[Path]]]:
    """Yield the cameras, each with its video or its images."""
    if name == "stereo":
        with zipfile.ZipFile(data / STEREO) as archive:
            archive.extractall(folder)
        for camera in ("left", "right"):
            yield camera, sorted(folder.glob(f"{camera}*.jpg"))
        return
    for video in (data / CHARUCO).glob("*/calibration_images/*"):
        yield video.parent.parent.name, video


def measure(name: str, model: str, tables: dict[str, Path], detected: float) -> str:
    """Calibrate; print a row for each camera, and return that of the whole."""
    board = read_board(BOARDS[name])
    sizes, sights = zip(*(read_sights(path, camera, board) for camera, path in tables.items()), strict=True)
    start = time.perf_counter()
    done = calibrate([*tables], sizes, sights, board, model=model)
    took = time.perf_counter() - start
    everything = errors(done, sights, board)
    for camera, quality, error in zip(done.rig.cameras, done.quality, everything, strict=True):
        fx, fy = np.diag(camera.matrix)[:2]
        print(
            f"| {name} | {model}: {camera.model} | {camera.name} | {quality.corners} | {quality.rejected} "
            f"| {quality.rms_px:.3f} | {error:.3f} | {quality.rms_held_out_px:.3f} | {fx:.1f}, {fy:.1f} |"
        )
    one, two = done.rig.cameras[:2]
    baseline = np.linalg.norm(one.centre - two.centre) / board.square
    deviation = board_deviation(done.rig, done.seen, board)
    times = f"{detected:.1f} | {took:.1f}"
    return f"| {name} | {model} | {deviation:.4f} | {baseline:.3f} | {times} | {verdict(done, board)} |"


def errors(done: Calibrated, sights: list[dict[int, np.ndarray]], board: Board) -> list[float]:
    """Return the root mean square distance of all corners of each camera, outliers too; only the board is moved."""
    rows = [
        (index, number, corner, *place)
        for index, seen in enumerate(sights)
        for number, frame in enumerate(done.frames)
        for corner, place in enumerate(seen.get(frame, ()))
        if np.isfinite(place[0])
    ]
    index, number, corner, x, y = map(np.array, zip(*rows, strict=True))
    every = type(done.seen)(index, number, board.corners[corner], np.stack([x, y], axis=-1))
    found = residuals(adjust(done.rig, every, cameras=False), every)
    return [rms(found[index == camera]) for camera in range(len(sights))]


def verdict(done: Calibrated, board: Board) -> str:
    """Return how many checks of a calibration have which verdict."""
    counts = judge(done.rig, done.seen, board, done.quality)["verdict"].value_counts()
    return ", ".join(f"{count} {each}" for each, count in counts.items())


def shipped(path: Path) -> str:
    """Return what is said of a calibration in which two cameras have equal parameters."""
    try:
        cameras: list[Camera] = find_cameras(path, ("back", "mid", "side", "top"))
    except ValueError as error:
        return f"refused ({str(error).removeprefix(f'{path}: ')})"
    return f"taken ({len(cameras)} cameras)"


if __name__ == "__main__":
    main()
