"""The cameras of Label3D and DANNCE (`*_dannce.mat`, of every version of MATLAB).

Pixels: MATLAB counts from 1, so that the centre of the first one is (1, 1), and the principal point moves by half a
pixel to the left. MATLAB multiplies rows: x = X r + t and [u v 1] = [x/z y/z 1] K, so that K and r are transposed. The
radial terms k1 k2 (k3) and the tangential p1 p2 stand apart. There is skew, which OpenCV's own functions ignore. The
size of the images is not stated: (0, 0).
"""

from pathlib import Path

import numpy as np

from marey.labels.formats._matlab import read_variables
from marey.multiview.calibration_values import checked, numbers
from marey.multiview.cameras import Camera
from marey.multiview.formats.calibration_toml import lens_model

FIRST_PIXEL = 1.0  # what MATLAB calls the centre of the first pixel, which Marey calls 0.5


def read(path: Path) -> list[Camera]:
    """Read all cameras. ValueError names the file, the camera and what is wrong."""
    try:
        data = read_variables(path, ["params", "camnames"])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    params, names = data.get("params"), data.get("camnames")
    params = [params] if isinstance(params, dict) else params
    names = [names] if isinstance(names, str) else names
    if not isinstance(params, list) or not params:
        raise ValueError(f"{path}: has no cameras in `params`; expected Label3D's *_dannce.mat")
    names = names or [f"Camera{number + 1}" for number in range(len(params))]
    if len(names) != len(params):
        raise ValueError(f"{path}: camnames names {len(names)} cameras, but params has {len(params)}")
    return [
        _camera(f"{path}: params{{{number}}}", str(name), part)
        for number, (name, part) in enumerate(zip(names, params, strict=True), start=1)
    ]


def _camera(place: str, name: str, part: object) -> Camera:
    needed = ("K", "RDistort", "TDistort", "r", "t")
    missing = [key for key in needed if not isinstance(part, dict) or part.get(key) is None]
    if missing:
        raise ValueError(f"{place} has no {', '.join(missing)}; expected {', '.join(needed)}")
    matrix = numbers(f"{place}.K", part["K"], (3, 3)).T.copy()
    matrix[:2, 2] += 0.5 - FIRST_PIXEL
    radial = numbers(f"{place}.RDistort", np.ravel(part["RDistort"]), (2,), (3,))
    tangential = numbers(f"{place}.TDistort", np.ravel(part["TDistort"]), (2,))
    terms = np.array([*radial[:2], *tangential, *radial[2:], 0.0][:5])
    camera = Camera(
        name=name,
        size=(0, 0),
        model=lens_model(terms),
        matrix=matrix,
        distortion=terms,
        rotation=numbers(f"{place}.r", part["r"], (3, 3)).T.copy(),
        translation=numbers(f"{place}.t", np.ravel(part["t"]), (3,)),
    )
    return checked(place, camera)
