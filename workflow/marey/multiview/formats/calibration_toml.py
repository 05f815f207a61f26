"""anipose's `calibration.toml`, and those of sleap-anipose, freemocap and Pose2Sim, which are alike.

Pixels: the centre of the first one is (0, 0), so that the principal point moves by half a pixel. A section is a camera:
`name` (else the section's), `size` [width, height], `matrix`, `distortions` (k1 k2 p1 p2 k3 as OpenCV has them, the
last ones may be missing; with `fisheye = true` k1 to k4), `rotation` (axis times angle, or a matrix) and `translation`.
Those without a matrix, such as `metadata`, are none.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from marey.multiview.calibration_values import PIXEL_OFFSET, checked, numbers
from marey.multiview.cameras import Camera
from marey.tables import files

TERMS = 5  # of OpenCV's lens model that Marey knows
NO_TERMS = {"full": 0, "k1k2": 3, "pinhole": 5}  # how many of the last terms are 0


def read(path: Path) -> list[Camera]:
    """Read all cameras. ValueError names the file, the section and what is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: is not TOML ({error}); export the calibration again") from None
    sections = {name: part for name, part in content.items() if isinstance(part, dict) and "matrix" in part}
    return [_camera(f"{path}: [{name}]", name, part) for name, part in sections.items()]


def write(path: Path, cameras: Iterable[Camera], *, error: float | None = None) -> None:
    """Write a calibration that anipose reads; `error` is the reprojection error, px, that it is to state.

    ValueError for cameras with skew, which anipose's have not.
    """
    parts = [_section(number, camera) for number, camera in enumerate(cameras)]
    stated = "" if error is None else f"adjusted = true\nerror = {error!r}\n"
    with files.replacing(path) as temporary:
        temporary.write_text("\n".join([*parts, f"[metadata]\n{stated}"]), encoding="utf-8")


def _camera(place: str, section: str, part: dict) -> Camera:
    missing = [key for key in ("size", "distortions", "rotation", "translation") if key not in part]
    if missing:
        raise ValueError(f"{place} has no {', '.join(missing)}; expected the calibration of all cameras together")
    fisheye = part.get("fisheye") is True
    matrix = numbers(f"{place} matrix", part["matrix"], (3, 3))
    matrix[:2, 2] += PIXEL_OFFSET
    rotation = numbers(f"{place} rotation", part["rotation"], (3,), (3, 3))
    rotation = Rotation.from_rotvec(rotation).as_matrix() if rotation.ndim == 1 else rotation
    width, height = numbers(f"{place} size", part["size"], (2,))
    terms = _terms(place, np.ravel(part["distortions"]), 4 if fisheye else TERMS)
    camera = Camera(
        name=str(part.get("name", section)),
        size=(int(width), int(height)),
        model="fisheye" if fisheye else lens_model(terms),
        matrix=matrix,
        distortion=terms,
        rotation=rotation,
        translation=numbers(f"{place} translation", np.ravel(part["translation"]), (3,)),
    )
    return checked(place, camera)


def lens_model(terms: np.ndarray) -> str:
    """Name the simplest model that has the terms k1 k2 p1 p2 k3, f64[5], that are not 0."""
    return next(name for name in ("pinhole", "k1k2", "full") if not terms[TERMS - NO_TERMS[name] :].any())


def _terms(place: str, values: np.ndarray, count: int) -> np.ndarray:
    terms = numbers(f"{place} distortions", values, *((length,) for length in range(15)))
    if terms[count:].any():
        raise ValueError(f"{place} has {len(terms)} lens terms; expected {count} that are not 0: calibrate with fewer")
    return np.pad(terms[:count], (0, count - min(len(terms), count)))


def _section(number: int, camera: Camera) -> str:
    if camera.matrix[0, 1]:
        raise ValueError(f"{camera.name} has skew, which anipose's cameras have not; use the table `cameras`")
    matrix = camera.matrix.copy()
    matrix[:2, 2] -= PIXEL_OFFSET
    name = camera.name.replace("\\", "\\\\").replace('"', '\\"')
    lines = [
        f"[cam_{number}]",
        f'name = "{name}"',
        f"size = {list(map(int, camera.size))}",
        f"matrix = {matrix.tolist()}",
        f"distortions = {camera.distortion.tolist()}",
        f"rotation = {Rotation.from_matrix(camera.rotation).as_rotvec().tolist()}",
        f"translation = {camera.translation.tolist()}",
        *(["fisheye = true"] if camera.model == "fisheye" else []),
    ]
    return "\n".join(lines) + "\n"
