"""Which module reads a calibration. Imported while Snakemake parses the workflow: nothing heavy is imported here."""

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
