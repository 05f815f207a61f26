"""Which module reads a calibration. Imported while Snakemake parses the workflow: nothing heavy is imported here."""

from importlib import import_module
from pathlib import Path

FORMATS = {
    ".toml": "calibration_toml",  # anipose, sleap-anipose, freemocap, Pose2Sim
    ".mat": "label3d",  # Label3D, DANNCE
    ".pickle": "deeplabcut3d",
}


def calibration_format(path: str | Path) -> str:
    """Name the module of `multiview.formats` that reads a calibration. ValueError where none does."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(
            f"{path}: no calibration that Marey reads; expected anipose's calibration.toml, Label3D's *_dannce.mat or "
            "DeepLabCut's stereo_params.pickle"
        )
    return FORMATS[suffix]


def camera_names(path: str | Path) -> list[str]:
    """List the names of the cameras in a calibration; its module is imported. ValueError where it is broken."""
    reader = import_module(f"marey.multiview.formats.{calibration_format(path)}")
    return [camera.name for camera in reader.read(Path(path))]
