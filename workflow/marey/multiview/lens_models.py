"""Which lens model a camera needs: the simplest that sees frames which it was not fitted to about as well as any."""

from collections.abc import Sequence

import numpy as np

from marey.multiview.bundle import Rig, Seen, adjust, residuals, rms
from marey.multiview.cameras import Camera
from marey.tables.cameras import MODELS  # from the simplest

AUTO = "auto"
HELD_OUT = 3  # every so many frames
MIN_BOARDS = 6  # of which some can be held out
NO_WORSE = 1.02  # times the error of the best


def with_model(camera: Camera, model: str) -> Camera:
    """Return the camera with another lens model, its terms as far as they are the same."""
    if camera.model == model:
        return camera
    number = 4 if model == "fisheye" else 5
    kept = {"k1k2": (0, 1), "full": (0, 1, 2, 3, 4)}.get(model, ()) if camera.model != "fisheye" else ()
    distortion = np.zeros(number)
    distortion[list(kept)] = camera.distortion[list(kept)]
    return camera._replace(model=model, distortion=distortion)


def choose_models(rig: Rig, seen: Seen, asked: str) -> list[str]:
    """Choose the lens model of each camera; `asked` is one of them, or "auto".

    Args:
        rig: cameras and boards that fit the corners.
        seen: the corners, without outliers.
        asked: a lens model for all, or "auto".

    Returns:
        The model of each camera.
    """
    if asked != AUTO:
        return [asked] * len(rig.cameras)
    if len(rig.rotations) < MIN_BOARDS:
        return ["k1k2"] * len(rig.cameras)
    errors = np.array([held_out_errors(rig, seen, [model] * len(rig.cameras)) for model in MODELS])
    errors = np.where(np.isfinite(errors), errors, np.inf)
    enough = errors <= NO_WORSE * errors.min(axis=0)
    return [MODELS[index] for index in np.argmax(enough, axis=0)]


def held_out_errors(rig: Rig, seen: Seen, models: Sequence[str]) -> np.ndarray:
    """Calibrate by two thirds of the frames, and measure how the cameras see the board in the others.

    There, the board alone is moved. Returns the root mean square distance f64[camera] px; NaN where a camera has no
    frame in one of the parts, or the model can see no corner.
    """
    apart = seen.board % HELD_OUT == HELD_OUT - 1
    if len(rig.rotations) < MIN_BOARDS or set(seen.camera[apart]) != set(seen.camera[~apart]):
        return np.full(len(rig.cameras), np.nan)
    try:
        fitted = fit(rig, seen.where(~apart), models)
        there = adjust(rig._replace(cameras=fitted.cameras), seen.where(apart), cameras=False)
    except ValueError:
        return np.full(len(rig.cameras), np.nan)
    found, camera = residuals(there, seen.where(apart)), seen.camera[apart]
    return np.array([rms(found[camera == index]) for index in range(len(rig.cameras))])


def fit(rig: Rig, seen: Seen, models: Sequence[str], *, robust: bool = False) -> Rig:
    """Adjust a rig with these lens models; ValueError where a corner cannot be seen at the start."""
    cameras = [with_model(camera, model) for camera, model in zip(rig.cameras, models, strict=True)]
    return adjust(rig._replace(cameras=cameras), seen, robust=robust)
