"""The two cameras of DeepLabCut 3D (`camera_matrix/stereo_params.pickle`), read without unpickling anything.

Pixels: the centre of the first one is (0, 0), so that the principal point moves by half a pixel. The first camera is
the origin, x2 = R x1 + T, and the unit is a square of the chessboard. The key of a pair is both names with a hyphen
between them.
"""

from pathlib import Path

import numpy as np

from marey.multiview.calibration_values import PIXEL_OFFSET, checked, numbers
from marey.multiview.cameras import Camera
from marey.multiview.formats._pickled_arrays import read_pickled
from marey.multiview.formats.calibration_toml import lens_model

NEEDED = ("cameraMatrix1", "distCoeffs1", "cameraMatrix2", "distCoeffs2", "R", "T", "image_shape")


def read(path: Path) -> list[Camera]:
    """Read both cameras. ValueError names the file and what is wrong."""
    content = read_pickled(path)
    if not isinstance(content, dict) or len(content) != 1:
        raise ValueError(f"{path}: expected one pair of cameras, DeepLabCut's stereo_params.pickle")
    ((key, pair),) = content.items()
    missing = [name for name in NEEDED if not isinstance(pair, dict) or name not in pair]
    if missing:
        raise ValueError(f"{path}: {key!r} has no {', '.join(missing)}; expected DeepLabCut's stereo_params.pickle")
    names = _names(path, str(key))
    rotation = numbers(f"{path}: R", pair["R"], (3, 3))
    translation = numbers(f"{path}: T", np.ravel(pair["T"]), (3,))
    poses = [(np.eye(3), np.zeros(3)), (rotation, translation)]
    sizes = numbers(f"{path}: image_shape", pair["image_shape"], (2, 2))
    return [_camera(path, names[at], pair, at, tuple(map(int, sizes[at])), pose) for at, pose in enumerate(poses)]


def _names(path: Path, key: str) -> tuple[str, str]:
    """Part `camera-1-camera-2` at the hyphen in the middle."""
    parts = key.split("-")
    if len(parts) % 2:
        raise ValueError(f"{path}: where do the names in {key!r} part? Name the cameras without hyphens")
    half = len(parts) // 2
    return "-".join(parts[:half]), "-".join(parts[half:])


def _camera(path: Path, name: str, pair: dict, at: int, size: tuple[int, int], pose: tuple) -> Camera:
    matrix = numbers(f"{path}: cameraMatrix{at + 1}", pair[f"cameraMatrix{at + 1}"], (3, 3)).copy()
    matrix[:2, 2] += PIXEL_OFFSET
    terms = numbers(f"{path}: distCoeffs{at + 1}", np.ravel(pair[f"distCoeffs{at + 1}"]), (4,), (5,))
    terms = np.pad(terms, (0, 5 - len(terms)))
    return checked(f"{path}: {name}", Camera(name, size, lens_model(terms), matrix, terms, *pose))
