"""Values of calibrations that other tools made, checked."""

import numpy as np

from marey.multiview.cameras import Camera

PIXEL_OFFSET = 0.5  # tools that call the centre of the first pixel (0, 0): what is added on reading, taken on writing


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
