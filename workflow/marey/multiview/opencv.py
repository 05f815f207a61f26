"""OpenCV, which finds boards in images and start values for cameras, and which nothing else needs."""

from types import ModuleType


class OpenCVError(ImportError):
    """OpenCV is not there; the message says how to get it."""


def load() -> ModuleType:
    """Import OpenCV; OpenCVError where it is absent, or without what finds ChArUco boards."""
    try:
        import cv2
    except ImportError as error:
        raise OpenCVError(
            f"calibration boards are found by OpenCV, which cannot be imported ({error}). {FIX}"
        ) from None
    if not hasattr(cv2, "aruco") or not hasattr(cv2.aruco, "CharucoDetector"):
        raise OpenCVError(f"OpenCV {cv2.__version__} cannot find ChArUco boards. {FIX}")
    return cv2


FIX = "`make install LOCK=envs/requirements-cameras.txt` installs it; `--sdm conda` does for the jobs that need it."
