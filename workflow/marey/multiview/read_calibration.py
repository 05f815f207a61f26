"""Reading the cameras of a session from a calibration that another tool made."""

from collections.abc import Mapping
from importlib import import_module
from itertools import combinations
from pathlib import Path

import numpy as np

from marey.multiview.calibration_formats import calibration_format
from marey.multiview.cameras import Camera, natural

PIXEL_OFFSET = 0.5  # tools that call the centre of the first pixel (0, 0): what is added on reading, taken on writing
SAME_PLACE = 1e-6  # of the distance from the origin: cameras nearer to each other are one
SAME_TURN = 1e-6


def read_calibration(path: str | Path, sizes: Mapping[str, tuple[int, int]]) -> list[Camera]:
    """Read the cameras that a session has from a calibration, each found by its name.

    Args:
        path: the file.
        sizes: of each camera of the session, (width, height) of its video, px.

    Returns:
        The cameras in natural order of their names.

    Raises:
        ValueError: the file is none or broken; a camera is not in it, has another size there or the same parameters as
            another. The message says what to do.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: no such file; expected the calibration of {', '.join(sizes)} (cameras.calibration)")
    reader = import_module(f"marey.multiview.formats.{calibration_format(path)}")
    found = {camera.name: camera for camera in _unique(path, reader.read(path))}
    missing, surplus = sorted(sizes.keys() - found, key=natural), sorted(found.keys() - sizes, key=natural)
    if missing:
        others = ", ".join(surplus) or "no other"
        raise ValueError(
            f"{path}: has no camera {', '.join(missing)}; it has {others}, which the session has not. "
            "Name the cameras in the sheet as the calibration does."
        )
    used = [_sized(path, found[name], tuple(sizes[name])) for name in sorted(sizes, key=natural)]
    for one, other in combinations(used, 2):
        if _equal_poses(one, other):
            raise ValueError(
                f"{path}: the cameras {one.name} and {other.name} have the same place and direction, so that one of "
                "them is wrong; calibrate again, or leave the wrong one out of the session"
            )
    return used


def numbers(place: str, values: object, *shapes: tuple[int, ...]) -> np.ndarray:
    """Return values as f64 of one of the `shapes`. ValueError, which names the `place`, where they are none."""
    try:
        array = np.asarray(values, float)
    except (TypeError, ValueError):
        array = np.full((), np.nan)
    expected = " or ".join(" x ".join(map(str, shape)) for shape in shapes)
    if array.shape not in shapes or not np.isfinite(array).all():
        shown = values.tolist() if isinstance(values, np.ndarray) else values
        raise ValueError(f"{place} is {shown!r:.200}; expected {expected} finite numbers")
    return array


def checked(place: str, camera: Camera) -> Camera:
    """Return the camera. ValueError, which names the `place`, where there is none such."""
    matrix, rotation = camera.matrix, camera.rotation
    if min(matrix[0, 0], matrix[1, 1]) <= 0 or matrix[1, 0] or matrix[2].tolist() != [0, 0, 1]:
        raise ValueError(f"{place}: its matrix is {matrix.tolist()}; expected [[fx, skew, cx], [0, fy, cy], [0, 0, 1]]")
    if np.abs(rotation @ rotation.T - np.eye(3)).max() > 1e-3 or np.linalg.det(rotation) < 0:
        raise ValueError(f"{place}: its rotation is none, {rotation.tolist()}; calibrate again")
    return camera


def _unique(path: Path, cameras: list[Camera]) -> list[Camera]:
    names = [camera.name for camera in cameras]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        what = f"two cameras are called {twice[0]}" if twice else "there is no camera in it"
        raise ValueError(f"{path}: {what}; expected a camera for each name")
    return cameras


def _sized(path: Path, camera: Camera, size: tuple[int, int]) -> Camera:
    """Return the camera with the size of the video, which the calibration has to have, where it says one."""
    if any(camera.size) and tuple(camera.size) != size:
        raise ValueError(
            f"{path}: {camera.name} was calibrated in images of {camera.size[0]} x {camera.size[1]} px, but its video "
            f"has {size[0]} x {size[1]}; cropped, scaled or turned videos need a calibration of their own"
        )
    return camera._replace(size=size)


def _equal_poses(one: Camera, other: Camera) -> bool:
    near = np.linalg.norm(one.centre - other.centre) <= SAME_PLACE * max(np.linalg.norm(one.centre), 1e-300)
    return bool(near and np.abs(one.rotation - other.rotation).max() <= SAME_TURN)
