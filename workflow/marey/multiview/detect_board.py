"""Find a calibration board in the video or the images of a camera."""

import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from marey.multiview import opencv
from marey.multiview.board_detectors import FoundCorners, build_detector
from marey.multiview.board_settings import explain_larger, explain_marker_size, explain_missing
from marey.multiview.boards import CHARUCO, BoardError, read_board
from marey.pictures.encoding import ImageError, decode
from marey.tables import files
from marey.tables.corners import CORNERS
from marey.tables.frames import FRAMES, READING
from marey.videos.reading import read_frames

MOST_FRAMES = 400  # of a video that are searched
KEPT_IMAGES = 12  # to find out what is wrong, evenly over the frames
CHECKED_IMAGES = 3  # in which the board was found, to find out whether it is the right one


def detect_board(
    images: Path | Sequence[Path],
    frames: Path | None,
    out: Path,
    *,
    camera: str,
    config: dict,
    provenance: dict,
) -> None:
    """Write the table `corners` of a camera: where it sees the inner corners of a calibration board, frame by frame.

    Args:
        images: a video, or image files. An image is the frame of the last number in its name.
        frames: the table `frames` of the video; None for image files.
        out: where to write.
        camera: its name.
        config: the board, see `boards.read_board`, as `board`.
        provenance: what the result was made from, for its metadata.

    Raises:
        BoardError: no frame shows the board, or it is another than the config says; the message says what to change.
        OpenCVError: OpenCV is not there.
    """
    board = read_board(config["board"])
    find = build_detector(board)
    numbers, pictures = _video(images, frames) if frames is not None else _images(images)
    what = f"camera '{camera}' ({images if frames is not None else Path(images[0]).parent})"
    kept = set(np.array(numbers)[np.linspace(0, len(numbers) - 1, KEPT_IMAGES).astype(int)].tolist())
    rows, samples, showing, size = [], [], [], None
    for frame, image in tqdm(pictures, total=len(numbers), desc=camera, unit="frame"):
        if size not in (None, image.shape):
            raise BoardError(f"{what}: image {frame} has another size than those before; calibrate with images of one")
        size = image.shape
        found = find(image)
        if found is not None:
            rows.append(_rows(camera, frame, found, image))
            showing = [*showing, image][-CHECKED_IMAGES:]
        elif frame in kept:
            samples.append(image)
    if not rows:
        raise BoardError(
            f"{what}: the board is found in none of {len(numbers)} frames: {explain_missing(board, samples)}"
        )
    fault = (explain_marker_size if board.kind == CHARUCO else explain_larger)(board, showing)
    if fault:
        raise BoardError(f"{what}: {fault}")
    logging.getLogger(__name__).info("%s: board found in %d of %d frames", what, len(rows), len(numbers))
    columns = {name: np.concatenate([each[name] for each in rows]) for name in CORNERS.names}
    files.write(out, columns, CORNERS, provenance=provenance)


def _rows(camera: str, frame: int, found: FoundCorners, image: np.ndarray) -> dict[str, np.ndarray]:
    """Make the columns of the corners of one frame."""
    height, width = image.shape
    constant = {"camera": camera, "frame": frame, "width": width, "height": height}
    varying = {"corner": found.corners, "x": found.places[:, 0], "y": found.places[:, 1]}
    return {**{name: np.full(len(found.corners), value) for name, value in constant.items()}, **varying}


def _video(path: Path, table: Path) -> tuple[list[int], Iterator[tuple[int, np.ndarray]]]:
    """Choose the frames of a video to search, and read them as grey images.

    They are so many apart as a power of two says, so that videos of about the same length share their frames.
    """
    frames = files.read(table, FRAMES, READING)
    if frames.empty:
        raise BoardError(f"{path}: the video holds no frames")
    step = 1
    while len(frames) > step * MOST_FRAMES:
        step *= 2
    chosen = {int(frame) for frame in frames["frame"][::step][~frames["fault"][::step]]}
    read = read_frames(path, 0, len(frames), frames=frames)
    grey = ((frame, _grey(image)) for frame, image in read if frame in chosen and image is not None)
    return sorted(chosen), grey


def _images(paths: Sequence[Path]) -> tuple[list[int], Iterator[tuple[int, np.ndarray]]]:
    """Number image files by their names, and read them as grey images."""
    numbered: dict[int, Path] = {}
    for path in map(Path, paths):
        digits = re.findall(r"\d+", path.stem)
        if not digits:
            raise BoardError(f"{path}: has no number in its name, by which images of several cameras belong together")
        other = numbered.setdefault(int(digits[-1]), path)
        if other != path:
            raise BoardError(f"{path} and {other}: have the same number in their names; number the images of a camera")
    return sorted(numbered), ((number, _grey(_decode(numbered[number]))) for number in sorted(numbered))


def _decode(path: Path) -> np.ndarray:
    try:
        return decode(path.read_bytes())
    except (OSError, ImageError) as error:
        raise BoardError(f"{path}: {error}") from None


def _grey(image: np.ndarray) -> np.ndarray:
    cv2 = opencv.load()
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
